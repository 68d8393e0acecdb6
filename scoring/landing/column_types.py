"""SQL that turns landed text or Parquet values into the types of ``raw``, or into NULL.

Nothing is rounded and nothing is guessed: text that is not exactly a value of the type gives NULL,
which the caller reports as a broken ``type`` (or ``decimals``) rule.
"""

from __future__ import annotations

import re

from scoring.landing.contract import Column
from scoring.warehouse.sql import quote_literal

MAX_TEXT_LENGTH = 1000
"""Longest id or text, in bytes; longer ones are taken for a broken file."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?"
_OFFSET = r" ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_INTEGER = r"[+-]?[0-9]{1,18}"
_DATE_ONLY = rf"{_DATE}([ T]00:00:00([.]0+)?)?"
_NAIVE = rf"{_DATE}([ T]{_TIME})?"
_WITH_OFFSET = rf"{_DATE}[ T]{_TIME}{_OFFSET}"
_AMOUNT = r"[+-]?[0-9]{1,16}([.][0-9]{0,2}0*)?"
_RATE = r"[+-]?[0-9]{1,4}([.][0-9]{0,8}0*)?"
# Programs print small floating-point rates as 5e-05; exact up to 18 decimals.
_EXPONENT = r"[+-]?[0-9]([.][0-9]{0,17})?[eE][+-]?(0?[0-9]|1[0-8])"
_TOO_FINE = {
    "amount": r"[+-]?[0-9]*[.][0-9]{2}[0-9]*[1-9][0-9]*",
    "rate": r"[+-]?[0-9]*[.][0-9]{8}[0-9]*[1-9][0-9]*",
}
_FIRST_MOMENT, _LAST_MOMENT = "timestamp '0001-01-01'", "timestamp '9999-12-31 23:59:59.999999'"
_SMALL_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_NAIVE_MOMENTS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_DIGITS = {"amount": (18, 2), "rate": (12, 8)}


def from_text(column: Column, text: str, zone: str) -> str:
    """SQL for the value of the SQL text expression ``text``; NULL when it is none of the type."""
    if column.type in ("user", "text"):
        return (
            f"case when strlen({text}) <= {MAX_TEXT_LENGTH} and not contains({text}, chr(0)) "
            f"then {text} end"
        )
    if column.type == "integer":
        return f"case when {_matches(text, _INTEGER)} then try_cast({text} as bigint) end"
    if column.type == "date":
        return f"case when {_matches(text, _DATE_ONLY)} then try_cast(left({text}, 10) as date) end"
    if column.type == "timestamp":
        return (
            f"case when {_matches(text, _NAIVE)} "
            f"then {_to_utc(f'try_cast({text} as timestamp)', zone)} "
            f"when {_matches(text, _WITH_OFFSET)} "
            f"then timezone('UTC', try_cast({text} as timestamptz)) end"
        )
    if column.type == "boolean":
        return (
            f"case when lower({text}) in ('true', '1', 't') then true "
            f"when lower({text}) in ('false', '0', 'f') then false end"
        )
    return _decimal_from_text(column, text)


def too_fine(column: Column, text: str) -> str | None:
    """SQL that is true for a number with more decimals than the type holds, if it can have any."""
    pattern = _TOO_FINE.get(column.type)
    if pattern is None:
        return None
    return f"({_matches(text, pattern)} or {_matches(text, _EXPONENT)})"


def from_parquet(column: Column, value: str, landed_type: str, zone: str) -> str | None:
    """SQL for a Parquet value whose type holds it exactly; None when it must go through text."""
    if column.type in ("user", "text"):
        return None
    if column.type == "integer" and landed_type in _SMALL_INTEGERS:
        return f"{value}::bigint"
    if column.type == "boolean" and landed_type == "BOOLEAN":
        return value
    if column.type == "date" and landed_type == "DATE":
        return f"case when {value} between date '0001-01-01' and date '9999-12-31' then {value} end"
    if column.type == "timestamp":
        moment = None
        if landed_type in _NAIVE_MOMENTS:
            moment = _to_utc(_within_years(f"{value}::timestamp"), zone)
        elif landed_type == "TIMESTAMP WITH TIME ZONE":
            moment = _within_years(f"timezone('UTC', {value})")
        return moment
    return _decimal_from_parquet(column, value, landed_type)


def is_nested(landed_type: str) -> bool:
    """Whether a Parquet type is a list, struct or map, which no contract column is."""
    return landed_type.endswith("]") or landed_type.startswith(("STRUCT", "MAP", "UNION"))


def _decimal_from_text(column: Column, text: str) -> str:
    pattern = _AMOUNT if column.type == "amount" else _RATE
    exact = f"try_cast({text} as decimal(38,18))"
    return (
        f"case when {_matches(text, pattern)} then try_cast({text} as {column.raw_type}) "
        f"when {_matches(text, _EXPONENT)} "
        f"and {exact} = try_cast({exact} as {column.raw_type}) "
        f"then try_cast({exact} as {column.raw_type}) end"
    )


def _decimal_from_parquet(column: Column, value: str, landed_type: str) -> str | None:
    match = _DECIMAL.fullmatch(landed_type)
    if match is None or column.type not in _DIGITS:
        return None
    precision, scale = int(match.group(1)), int(match.group(2))
    wanted_precision, wanted_scale = _DIGITS[column.type]
    if scale > wanted_scale or precision - scale > wanted_precision - wanted_scale:
        return None
    return f"{value}::{column.raw_type}"


def _within_years(moment: str) -> str:
    return f"case when {moment} between {_FIRST_MOMENT} and {_LAST_MOMENT} then {moment} end"


def _to_utc(naive: str, zone: str) -> str:
    return f"timezone('UTC', timezone({quote_literal(zone)}, {naive}))"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {quote_literal(pattern)})"
