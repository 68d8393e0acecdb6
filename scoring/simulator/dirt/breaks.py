"""Bad values: every way in which a row of a feed can break a rule, taken from the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow as pa

from scoring.landing.column_types import MAX_TEXT_LENGTH
from scoring.landing.contract import Column, ColumnType, Feed, load_feeds
from scoring.simulator.dirt.blocks import Row
from scoring.simulator.dirt.rule_breaks import ROW_RULE_BREAKS, Spoil

_UNKNOWN_WORD = "unheard_of"
_NO_VALUE_OF_TYPE: dict[ColumnType, str] = {
    "integer": "seven",
    "date": "2024-02-30",
    "timestamp": "2024-02-30 12:00:00",
    "boolean": "perhaps",
}
_WIDER_TYPES = {"amount": pa.decimal128(24, 4), "rate": pa.decimal128(16, 10)}
_TOO_FINE = {"amount": Decimal("0.005"), "rate": Decimal("0.000000005")}
_TOO_LARGE = {"amount": Decimal(10**17), "rate": Decimal(10**5)}
_TOO_LONG = "?" * (MAX_TEXT_LENGTH + 1)


@dataclass(frozen=True)
class Break:
    """One way to break a rule.

    Attributes:
        rule: The rule that ingest names.
        column: The column at fault, if the rule is about one.
        is_foreign: The contract's types cannot hold the value; see ``foreign_schema``.
        spoil: Breaks the rule, and no rule that is looked at before it.
    """

    rule: str
    column: str | None
    spoil: Spoil
    is_foreign: bool = False


@cache
def list_breaks(feed_name: str) -> tuple[Break, ...]:
    """Every way to break a rule of the feed."""
    feed = load_feeds()[feed_name]
    by_column = [each for column in feed.columns for each in _break_column(column)]
    by_rule = [Break(rule.name, None, ROW_RULE_BREAKS[rule.name]) for rule in feed.row_rules]
    return (*by_column, *by_rule)


@cache
def foreign_schema(feed_name: str) -> pa.Schema:
    """The feed's columns as a careless sender might write them: as text, or with more decimals."""
    return pa.schema(
        [
            (column.name, _WIDER_TYPES.get(column.type, pa.string()))
            for column in load_feeds()[feed_name].columns
        ]
    )


def to_foreign(feed: Feed, row: Row) -> Row:
    """The row in the types of ``foreign_schema``."""
    return {
        column.name: row[column.name]
        if column.type in _WIDER_TYPES or row[column.name] is None
        else _to_text(row[column.name])
        for column in feed.columns
    }


def _to_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _break_column(column: Column) -> Iterator[Break]:
    name = column.name
    if column.type in _TOO_FINE:
        yield Break("decimals", name, _refine(name, _TOO_FINE[column.type]), is_foreign=True)
        yield Break("type", name, _put(name, _TOO_LARGE[column.type]), is_foreign=True)
    if column.type in _NO_VALUE_OF_TYPE:
        yield Break("type", name, _put(name, _NO_VALUE_OF_TYPE[column.type]), is_foreign=True)
    if column.type == "text" and column.allowed is None and column.allowed_seed is None:
        yield Break("type", name, _put(name, _TOO_LONG))
    if column.required:
        yield Break("required", name, _put(name, None))
    if column.allowed is not None or column.allowed_seed is not None:
        yield Break("allowed", name, _put(name, _UNKNOWN_WORD))
    if column.above is not None:
        yield Break("above", name, _put(name, _to_value(column, column.above)))
        yield Break("above", name, _negate(name))
    if column.minimum is not None:
        yield Break("minimum", name, _put(name, _to_value(column, column.minimum - 1)))
    if column.maximum is not None:
        yield Break("maximum", name, _put(name, _to_value(column, column.maximum + 1)))


def _to_value(column: Column, limit: float) -> Decimal | int:
    return int(limit) if column.type == "integer" else Decimal(str(limit))


def _put(name: str, value: Any) -> Spoil:
    def spoil(row: Row) -> None:
        row[name] = value

    return spoil


def _negate(name: str) -> Spoil:
    def spoil(row: Row) -> None:
        row[name] = -abs(row[name] or Decimal(1))

    return spoil


def _refine(name: str, part: Decimal) -> Spoil:
    def spoil(row: Row) -> None:
        row[name] = abs(row[name] or Decimal(0)) + part

    return spoil
