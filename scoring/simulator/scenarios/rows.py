"""Rows of a scenario: text as its file has it, and the values that the contract makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from scoring.landing.contract import ColumnType, Feed
from scoring.landing.row_rules import IS_DELETED, allowed_values

Row = Mapping[str, str]

_DECIMALS: dict[ColumnType, int] = {"amount": 2, "rate": 8}


def check_row(feed: Feed, row: Row) -> None:
    """Refuse a row that the contract would not take.

    Raises:
        ValueError: A column is unknown or required and absent, or a value is none of its type. A
            row with ``is_deleted: true`` needs only the key.
    """
    known = [column.name for column in (*feed.columns, IS_DELETED)]
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise ValueError(f"{feed.name}: expected columns {known}, got {unknown[0]!r}")
    needed = feed.key if is_withdrawal(row) else feed.required_columns
    missing = sorted(set(needed) - set(row))
    if missing:
        raise ValueError(f"{feed.name}: expected a value of {missing[0]!r}, got none")
    for name in row:
        _check_value(feed, name, row)


def is_withdrawal(row: Row) -> bool:
    """Whether the row takes back the one with its key."""
    return row.get(IS_DELETED.name) == "true"


def read_value(feed: Feed, name: str, text: str | None) -> object:
    """The text as a value of the column's type; None stays None.

    A timestamp keeps its offset, and without one stays naive (business time).

    Raises:
        ValueError: It is none of the type.
    """
    if text is None:
        return None
    kind = IS_DELETED.type if name == IS_DELETED.name else feed.column(name).type
    return _READERS[kind](text)


def _check_value(feed: Feed, name: str, row: Row) -> None:
    try:
        value = read_value(feed, name, row[name])
    except ValueError as error:
        raise ValueError(f"{feed.name}.{name}: {error}") from error
    if name == IS_DELETED.name:
        return
    column = feed.column(name)
    allowed = allowed_values(column)
    if allowed is not None and value not in allowed:
        raise ValueError(f"{feed.name}.{name}: expected {' | '.join(allowed)}, got {row[name]!r}")
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > _DECIMALS[column.type]:
            raise ValueError(
                f"{feed.name}.{name}: expected at most {_DECIMALS[column.type]} decimals, "
                f"got {row[name]!r}"
            )


def _read_decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"expected a number, got {text!r}") from error


def _read_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"expected true or false, got {text!r}")
    return text == "true"


_READERS: dict[ColumnType, Callable[[str], object]] = {
    "user": str,
    "text": str,
    "integer": int,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "amount": _read_decimal,
    "rate": _read_decimal,
    "boolean": _read_boolean,
}
