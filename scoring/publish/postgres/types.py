"""DuckDB's types as PostgreSQL's, and values as PostgreSQL's CSV reads them."""

from __future__ import annotations

from scoring.errors import PermanentError
from scoring.warehouse.sql import quote_identifier

_TYPES = {
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TINYINT": "smallint",
    "HUGEINT": "numeric(38,0)",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}


def postgres_type(duckdb_type: str) -> str:
    """The type that holds every value of a DuckDB type, as ``format_type`` writes it.

    Raises:
        PermanentError: No published column may have this type.

    Example:
        >>> postgres_type("decimal(18, 6)[]")
        'numeric(18,6)[]'
    """
    name = duckdb_type.strip().upper()
    if name.endswith("[]"):
        return f"{postgres_type(name[:-2])}[]"
    if name.startswith("DECIMAL("):
        return f"numeric{name.removeprefix('DECIMAL').replace(' ', '')}"
    if name not in _TYPES:
        raise PermanentError(
            "PostgreSQL not written",
            subject=f"column type {duckdb_type}",
            expected=" | ".join(_TYPES),
            got=duckdb_type,
            next_step="Give the column one of these types, or add this one to the sink.",
        )
    return _TYPES[name]


def csv_expression(name: str, type_name: str) -> str:
    """DuckDB SQL whose value in a CSV file is what PostgreSQL reads as the same value.

    Args:
        name: The column.
        type_name: Its PostgreSQL type.
    """
    column = quote_identifier(name)
    if not type_name.endswith("[]"):
        return column
    escaped = f"replace(replace({_ITEM}::varchar, '\\', '\\\\'), '\"', '\\\"')"
    items = f"list_transform({column}, lambda {_ITEM}: coalesce('\"' || {escaped} || '\"', 'NULL'))"
    return f"case when {column} is not null then '{{' || array_to_string({items}, ',') || '}}' end"


_ITEM = "list_item"
