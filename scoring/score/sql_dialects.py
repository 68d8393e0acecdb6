"""Where a card's SQL differs between engines: names, texts, and how a column becomes a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from scoring.errors import ConfigurationError
from scoring.score.columns import LARGEST, SCALE_DIGITS
from scoring.warehouse.sql import quote_identifier, quote_literal

NUMBER = f"decimal(18, {SCALE_DIGITS})"
"""What every feature is read as; values beyond it are no usable number."""
_WHOLE_TYPES = (
    *("tinyint", "smallint", "int", "integer", "bigint", "hugeint"),
    *("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"),
    *('"null"', "void"),
)
_FLOATING_TYPES = ("float", "double")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_UNSAFE_IN_DBT = re.compile(r"['\\{}]")


@dataclass(frozen=True)
class Dialect:
    """One engine's way to write it.

    Attributes:
        name: ``duckdb``, ``spark`` or ``dbt`` (both, through the project's macros).
        identifier: A name -> how it is written.
        literal: A text -> how it is written.
        number: A column's name -> its value as DECIMAL(18,6), NULL where it is no usable number.
        quotient: A whole number >= 0 and a positive one -> the quotient, rounded down.
    """

    name: str
    identifier: Callable[[str], str]
    literal: Callable[[str], str]
    number: Callable[[str], str]
    quotient: Callable[[str, int], str]


def number_sql(column: str, *, refuse: str, nearest: str | None) -> str:
    """The value of a numeric column as DECIMAL(18,6), by the rule of ``scoring.score.columns``.

    The type is asked for in the SQL itself; engines decide that before they read a row.

    Args:
        column: The column, as it is written in SQL.
        refuse: An expression that fails, for types that the scorer refuses.
        nearest: ``{millionths}`` to the nearest whole BIGINT, half to even; None refuses floating
            columns, too.
    """
    kind = f"lower(typeof({column}))"
    branches = [f"when {kind} in ({_texts(_WHOLE_TYPES)})"]
    branches.append(
        f"    or {kind} like 'decimal(%' and right({kind}, 3) in"
        f" ({_texts(f',{digits})' for digits in range(SCALE_DIGITS + 1))})"
    )
    branches.append(f"    then try_cast({column} as {NUMBER})")
    if nearest is not None:
        floating = f"cast({column} as double)"
        millionths = nearest.format(millionths=f"{floating} * cast({10**SCALE_DIGITS} as double)")
        branches += [
            f"when {kind} in ({_texts(_FLOATING_TYPES)}) then case",
            f"    when abs({floating}) < {LARGEST // 10**SCALE_DIGITS}",
            f"        then cast(cast({millionths} as decimal(18, 0)) * 0.000001 as {NUMBER})",
            "    end",
        ]
    branches.append(f"else {refuse}")
    lines = "\n".join("    " + line for line in branches)
    return f"case\n{lines}\nend"


def edge_sql(edge: Decimal) -> str:
    """With a decimal point, or an engine compares in a wider and slower type."""
    text = format(edge, "f")
    return text if "." in text else f"{text}.0"


def dialect_of(engine: str) -> Dialect:
    """The dialect of an engine.

    Raises:
        ConfigurationError: There is none of this name.
    """
    if engine not in DIALECTS:
        raise ConfigurationError(
            "card not compiled",
            subject="--engine",
            expected=" | ".join(DIALECTS),
            got=repr(engine),
            next_step="Name one of these engines.",
        )
    return DIALECTS[engine]


def refusal_text(name: str) -> str:
    """What a query says about a column of another type."""
    return (
        f"feature column refused for {name}: expected an integer, floating or decimal type with up"
        f" to {SCALE_DIGITS} decimals. Cast the column where the relation is made."
    )


def _texts(texts: object) -> str:
    return ", ".join(quote_literal(str(text)) for text in texts)  # type: ignore[attr-defined]


def _duckdb_number(name: str) -> str:
    return number_sql(
        quote_identifier(name),
        refuse=f"error({quote_literal(refusal_text(name))})",
        nearest="cast({millionths} as bigint)",  # DuckDB casts half to even
    )


def _spark_identifier(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _spark_literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _spark_number(name: str) -> str:
    return number_sql(
        _spark_identifier(name),
        refuse=f"raise_error({_spark_literal(refusal_text(name))})",
        nearest="cast(rint({millionths}) as bigint)",
    )


def _dbt_identifier(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise _not_for_dbt("a column name of lower-case letters, digits and _", name)
    return name


def _dbt_literal(text: str) -> str:
    if _UNSAFE_IN_DBT.search(text):
        raise _not_for_dbt("a text without quotes, backslashes and braces", text)
    return quote_literal(text)


def _not_for_dbt(expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "card not compiled",
        subject="dbt macro",
        expected=expected,
        got=repr(got),
        next_step="Rename it in a new version of the card, or use --engine duckdb or spark.",
    )


DIALECTS: Mapping[str, Dialect] = {
    "duckdb": Dialect(
        "duckdb",
        quote_identifier,
        quote_literal,
        _duckdb_number,
        lambda number, divisor: f"({number}) // {divisor}",
    ),
    "spark": Dialect(
        "spark",
        _spark_identifier,
        _spark_literal,
        _spark_number,
        lambda number, divisor: f"({number}) div {divisor}",
    ),
    "dbt": Dialect(
        "dbt",
        _dbt_identifier,
        _dbt_literal,
        lambda name: f"{{{{ card_number('{_dbt_identifier(name)}') }}}}",
        lambda number, divisor: f"{{{{ whole_quotient('({number})', {divisor}) }}}}",
    ),
}
"""Name of an engine -> how SQL is written for it."""
