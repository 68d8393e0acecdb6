"""From a suite and a night to checks: names filled in, one check per column, feed or item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import jinja2

from expectations.features import expand_facts, list_conditions
from expectations.problems import describe_problem
from expectations.suite import Each, Entry, Gate, Severity
from scoring.errors import CreditloopError
from scoring.landing.contract import load_feeds
from scoring.nights import Night
from scoring.warehouse.sql import quote_identifier, quote_literal

PREVIOUS_NIGHT_DAYS = 7
"""How far back a night may be to be compared with; longer ago, windows have moved on."""
COMPARED_USERS = 200_000
"""Of more users a sample is compared column by column: shares of it tell the same."""

_VARYING_TYPES = ("text", "user", "amount")
"""Types of columns that hardly ever say the same in every row; dates of a batch may."""

_JINJA = jinja2.Environment(
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - renders SQL; every value in it is quoted below
    trim_blocks=True,
    lstrip_blocks=True,
)
_JINJA.filters["ident"] = quote_identifier
_JINJA.filters["text"] = quote_literal

_template = cache(_JINJA.from_string)

Loop = dict[str, dict[str, Any]]
"""Name of a repetition -> the variables it adds."""


@dataclass(frozen=True)
class SecondOpinion:
    """How far the reference agrees with the marts of a night; one of the three is given.

    Attributes:
        relation: Parenthesised query with ``table_name``, ``column_name``, ``compared_users`` and
            ``differing_users``: a row per column.
        skipped: Why it was not asked.
        problem: Why it has no answer.
    """

    relation: str | None = None
    skipped: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Scope:
    """What expectations of one night may refer to.

    Attributes:
        night: The night under check.
        business_timezone: Zone of the business date.
        previous: The night to compare with, if there is one.
        stride: One in how many users is compared with the night before.
        expected_feeds: Feeds that must have brought rows for this night.
        recent: Feed -> query over its raw rows of the last weeks; for the landing gate.
        reference: What the reference says of the night's features, for entries that need it.
    """

    night: Night
    business_timezone: str
    previous: tuple[date, date] | None = None
    stride: int = 1
    expected_feeds: tuple[str, ...] = ()
    recent: Mapping[str, str] = field(default_factory=dict)
    reference: SecondOpinion = SecondOpinion(problem="the reference was not asked")


@dataclass(frozen=True)
class Check:
    """One expectation on one batch.

    Attributes:
        parts: For an entry with a query and ``each``: name -> column of the one row it yields; the
            rule then holds for each of these values.
        problem: Set when the check could not even be made.
        skipped: Set when it does not apply to this night.
    """

    name: str
    table: str
    severity: Severity
    reason: str
    expectation: str
    kwargs: Mapping[str, Any]
    batch: str
    is_query: bool
    may_be_empty: bool
    parts: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    skipped: str | None = None

    @property
    def rule(self) -> str:
        """The expectation in one line, e.g. ``expect_column_... column=a max_value=1``."""
        return " ".join([self.expectation, *(f"{k}={v}" for k, v in self.kwargs.items())])


def plan_checks(
    connection: duckdb.DuckDBPyConnection, entries: tuple[Entry, ...], scope: Scope
) -> list[Check]:
    """Every check of the entries for this night; what cannot be planned carries its problem."""
    checks: list[Check] = []
    for entry in entries:
        for table in entry.tables:
            try:
                checks.extend(_plan_entry(connection, entry, table, scope))
            except (CreditloopError, LookupError, jinja2.TemplateError, duckdb.Error) as error:
                name = entry.id if len(entry.tables) == 1 else f"{entry.id}[{table}]"
                checks.append(_check(entry, name, table, problem=describe_problem(error)))
    return checks


_SAME_CARD = """
    and card_id in (
        select tonight.card_id
        from scores.scores as tonight
        where tonight.as_of_date = $night and tonight.known_on = $known_on
    )
"""


def find_previous(
    connection: duckdb.DuckDBPyConnection, table: str, gate: Gate, night: Night
) -> tuple[date, date] | None:
    """The nearest earlier night in ``table`` that may be compared with.

    It was computed with no more knowledge than this one, and this gate did not close on it: what
    was refused yesterday must not become the measure of today. Scores are compared with scores of
    the same card: another card is another scale, whose release was decided and recorded.
    """
    same_card = _SAME_CARD if gate == "scores" else ""
    row = connection.execute(
        f"""
        select as_of_date, known_on
        from {table}
        anti join (
            select as_of_date, known_on
            from quality.gate_results
            where gate = $gate and (state = 'errored' or (state = 'failed' and severity = 'stop'))
        ) as refused using (as_of_date, known_on)
        where as_of_date < $night and as_of_date >= $first and known_on <= $known_on
        {same_card}
        order by as_of_date desc, known_on desc
        limit 1
        """,
        {
            "gate": gate,
            "night": night.as_of_date,
            "first": night.as_of_date - timedelta(days=PREVIOUS_NIGHT_DAYS),
            "known_on": night.known_on,
        },
    ).fetchone()
    return (row[0], row[1]) if row else None


def find_stride(connection: duckdb.DuckDBPyConnection, table: str, night: Night) -> int:
    """One in how many users to compare, so that about ``COMPARED_USERS`` of ``table`` are."""
    row = connection.execute(
        f"select count(*) from {table} where as_of_date = ? and known_on = ?",
        [night.as_of_date, night.known_on],
    ).fetchone()
    return max(1, (row[0] if row else 0) // COMPARED_USERS)


def _plan_entry(
    connection: duckdb.DuckDBPyConnection, entry: Entry, table: str, scope: Scope
) -> Iterator[Check]:
    suffix = "" if len(entry.tables) == 1 else table.split(".")[1]
    if entry.needs_previous and scope.previous is None:
        name = f"{entry.id}[{suffix}]" if suffix else entry.id
        skipped = f"no earlier night within {PREVIOUS_NIGHT_DAYS} days to compare with"
        yield _check(entry, name, table, skipped=skipped)
        return
    if entry.needs_reference and scope.reference.relation is None:
        name = f"{entry.id}[{suffix}]" if suffix else entry.id
        opinion = scope.reference
        yield _check(entry, name, table, skipped=opinion.skipped, problem=opinion.problem)
        return
    loop = _loop(connection, entry.each, table, scope) if entry.each else {"": {}}
    names = _common_names(scope, table) | {"entries": list(loop.values())}
    batch = _template(entry.query or _NIGHT_ROWS).render(names).strip()
    if entry.query is not None and loop:
        rendered = {item: _render(entry.kwargs, names | own) for item, own in loop.items()}
        parts = {item: kwargs["column"] for item, kwargs in rendered.items()} if entry.each else {}
        name = f"{entry.id}[{suffix}]" if suffix else entry.id
        kwargs = next(iter(rendered.values()))
        yield _check(entry, name, table, batch=batch, kwargs=kwargs, parts=parts)
        return
    for item, own in loop.items():
        marks = ".".join(part for part in (suffix, item) if part)
        name = f"{entry.id}[{marks}]" if marks else entry.id
        yield _check(entry, name, table, batch=batch, kwargs=_render(entry.kwargs, names | own))


_NIGHT_ROWS = (
    "select * from {{ table }} where as_of_date = {{ as_of_date }} and known_on = {{ known_on }}"
)


def _check(
    entry: Entry,
    name: str,
    table: str,
    *,
    batch: str = "",
    kwargs: Mapping[str, Any] | None = None,
    parts: Mapping[str, str] | None = None,
    problem: str | None = None,
    skipped: str | None = None,
) -> Check:
    return Check(
        name=name,
        table=table,
        severity=entry.severity,
        reason=" ".join(entry.reason.split()),
        expectation=entry.expectation,
        kwargs=entry.kwargs if kwargs is None else kwargs,
        batch=batch,
        is_query=entry.query is not None,
        may_be_empty=entry.may_be_empty,
        parts=parts or {},
        problem=problem,
        skipped=skipped,
    )


def _common_names(scope: Scope, table: str) -> dict[str, Any]:
    previous = scope.previous or (None, None)
    return {
        "table": table,
        "as_of_date": _date_literal(scope.night.as_of_date),
        "known_on": _date_literal(scope.night.known_on),
        "previous_as_of_date": _date_literal(previous[0]),
        "previous_known_on": _date_literal(previous[1]),
        "stride": scope.stride,
        "business_timezone": quote_literal(scope.business_timezone),
        "recent": scope.recent,
        "reference": scope.reference.relation,
    }


def _date_literal(day: date | None) -> str:
    return "null::date" if day is None else f"date {quote_literal(day.isoformat())}"


def _render(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _template(value).render(names)
    if isinstance(value, list):
        return [_render(part, names) for part in value]
    if isinstance(value, dict):
        return {key: _render(part, names) for key, part in value.items()}
    return value


def _loop(connection: duckdb.DuckDBPyConnection, each: Each, table: str, scope: Scope) -> Loop:
    if each.items is not None:
        return {name: {"name": name} | variables for name, variables in each.items.items()}
    if each.facts is not None:
        return expand_facts(each.facts)
    if each.features is not None:
        return list_conditions(each.features, table.split(".")[1], each.without)
    if each.feeds is not None:
        return {name: _feed_names(name) for name in _chosen_feeds(each, scope)}
    return {name: {"column": name} for name in _chosen_columns(connection, each, table)}


def _chosen_feeds(each: Each, scope: Scope) -> tuple[str, ...]:
    if each.feeds == "all":
        return tuple(load_feeds())
    if each.feeds == "expected":
        return scope.expected_feeds
    return each.feeds or ()


def _feed_names(name: str) -> dict[str, Any]:
    feed = load_feeds()[name]
    key = [feed.column(column).raw_name for column in feed.key]
    required = {column.raw_name for column in feed.columns if column.required}
    return {
        "feed": name,
        "key_columns": key,
        "optional_columns": [
            column.raw_name for column in feed.columns if column.raw_name not in required
        ],
        "varying_columns": [
            column.raw_name
            for column in feed.columns
            if column.type in _VARYING_TYPES
            and column.allowed is None
            and column.name not in feed.key
        ],
    }


def _chosen_columns(connection: duckdb.DuckDBPyConnection, each: Each, table: str) -> list[str]:
    schema, name = table.split(".")
    rows = connection.execute(
        """
        select column_name
        from duckdb_columns()
        where database_name = current_database() and schema_name = ? and table_name = ?
        order by column_index
        """,
        [schema, name],
    ).fetchall()
    pattern = re.compile(each.columns_like or "")
    chosen = [row[0] for row in rows if pattern.search(row[0]) and row[0] not in each.without]
    if not chosen:
        raise LookupError(f"no column of {table} matches {each.columns_like}")
    return chosen
