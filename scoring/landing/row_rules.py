"""Row-level rules of a feed, generated from its contract, as SQL with one number per rule."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from scoring.landing.column_types import too_fine
from scoring.landing.contract import Column, Feed
from scoring.settings import PROJECT_ROOT
from scoring.warehouse.sql import quote_identifier, quote_literal

SEEDS_FOLDER = PROJECT_ROOT / "dbt_project" / "seeds"
IS_DELETED = Column(
    name="is_deleted",
    type="boolean",
    description="True withdraws the row with this key from this batch on; key columns suffice.",
    default="false",
)
MALFORMED, CONFLICTING_KEY, DUPLICATE, BLANK = 1, 2, 3, -1
"""Fixed problem numbers; ``BLANK`` marks an empty line, which is no row."""

_FIXED = (MALFORMED, CONFLICTING_KEY, DUPLICATE)
_FIRST_NUMBER = max(_FIXED) + 1


@dataclass(frozen=True)
class RowProblem:
    """One way in which a row can be wrong.

    Attributes:
        number: What ``problem`` holds for such a row.
        rule: Name of the rule.
        column: The column at fault, if it is one.
        condition: SQL that is true for a row with this problem.
    """

    number: int
    rule: str
    column: str | None
    condition: str


def landed_columns(feed: Feed) -> tuple[Column, ...]:
    """Columns a file of the feed may have: the contract's and ``is_deleted``."""
    return (*feed.columns, IS_DELETED)


def text_name(name: str) -> str:
    """Quoted name of a column as it was landed."""
    return quote_identifier(f"landed:{name}")


def parsed_name(name: str) -> str:
    """Quoted name of a column's value before its default is filled in."""
    return quote_identifier(f"parsed:{name}")


@cache
def row_problems(feed_name: str) -> tuple[RowProblem, ...]:
    """Every problem of a feed's rows, in the order in which they are looked for."""
    from scoring.landing.contract import load_feeds  # noqa: PLC0415 - keeps the cache key plain

    feed = load_feeds()[feed_name]
    found = [RowProblem(MALFORMED, "malformed", None, "is_malformed")]
    for rule, column, condition in _conditions(feed):
        number = _FIRST_NUMBER + len(found) - 1
        found.append(RowProblem(number, rule, column, condition))
    return tuple(found)


def problem_case(problems: Sequence[RowProblem], exact: Collection[str]) -> str:
    """SQL for the number of a row's first problem; NULL for a good row.

    Args:
        problems: What to look for, in order.
        exact: Columns that were landed in a type of their own rather than as text.
    """
    branches = "\n".join(
        f"when {each.condition} then {each.number}"
        for each in problems
        if not (each.rule == "decimals" and each.column in exact)
    )
    return f"case when is_blank then {BLANK}\n{branches}\nend"


def problem_name(feed_name: str, number: int) -> tuple[str, str | None]:
    """Rule and column of a problem number."""
    if number == CONFLICTING_KEY:
        return "conflicting_key", None
    if number == DUPLICATE:
        return "duplicate", None
    return {each.number: (each.rule, each.column) for each in row_problems(feed_name)}[number]


def allowed_values(column: Column) -> tuple[str, ...] | None:
    """Values the column may have: its own list, or a column of a seed."""
    if column.allowed_seed is None:
        return column.allowed
    return _seed_values(column.allowed_seed)


@cache
def _seed_values(reference: str) -> tuple[str, ...]:
    seed, name = reference.split(".")
    with (SEEDS_FOLDER / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(row[name] for row in csv.DictReader(file))


def _conditions(feed: Feed) -> Iterator[tuple[str, str | None, str]]:
    for column in landed_columns(feed):
        landed, parsed = text_name(column.name), parsed_name(column.name)
        broken = f"{landed} is not null and {parsed} is null"
        fine = too_fine(column, landed)
        if fine is not None:
            yield "decimals", column.name, f"{broken} and {fine}"
        yield "type", column.name, broken
    for column in feed.columns:
        value = quote_identifier(column.name)
        if column.name in feed.key:
            yield "required", column.name, f"{value} is null"
        elif column.required:
            yield "required", column.name, f"{value} is null and not is_deleted"
        allowed = allowed_values(column)
        if allowed is not None:
            listed = ", ".join(quote_literal(each) for each in allowed)
            yield "allowed", column.name, f"{value} not in ({listed})"
        yield from _bounds(column, value)
    for rule in feed.row_rules:
        yield rule.name, None, f"not is_deleted and not coalesce({rule.sql}, false)"


def _bounds(column: Column, value: str) -> Iterator[tuple[str, str, str]]:
    if column.above is not None:
        yield "above", column.name, f"{value} <= {_number(column.above)}"
    if column.minimum is not None:
        yield "minimum", column.name, f"{value} < {_number(column.minimum)}"
    if column.maximum is not None:
        yield "maximum", column.name, f"{value} > {_number(column.maximum)}"


def _number(limit: float) -> str:
    return format(Decimal(str(limit)).normalize(), "f")
