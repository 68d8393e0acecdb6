"""Order-free content hash of a query's rows, the same on every run and number of threads.

Each row becomes a canonical text, the text an MD5, and the two halves of the MD5s are summed as
integers. Row order cannot matter, duplicates do, and no floating point is involved.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb

from scoring.warehouse.sql import quote_identifier

_PLAIN_TYPES = ("BIGINT", "INTEGER", "DECIMAL", "DATE", "TIMESTAMP", "BOOLEAN")


def content_hash(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> tuple[int, str]:
    """Hash the rows of a table, view or parenthesised query.

    Args:
        connection: An open connection.
        relation: What stands after ``from``.
        columns: The columns that count, by name; their order does not matter.

    Returns:
        Row count, and a hex text that is equal exactly when the multisets of rows are (up to
        collisions of MD5 sums).
    """
    row_text = canonical_row_text(columns, _textual_columns(connection, relation))
    row = connection.execute(
        f"""
        select count(*), coalesce(sum((n >> 64)::hugeint), 0),
               coalesce(sum((n & {2**64 - 1}::uhugeint)::hugeint), 0)
        from (select md5_number({row_text}) as n from {relation})
        """
    ).fetchone()
    if row is None:
        return 0, "0-0-0"
    return int(row[0]), f"{row[0]:x}-{int(row[1]):x}-{int(row[2]):x}"


def _textual_columns(connection: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    """The columns whose text may hold any character: all but numbers, dates and truth values."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return {name for name, kind, *_ in described if not kind.startswith(_PLAIN_TYPES)}


def canonical_row_text(columns: Sequence[str], textual: Collection[str] | None = None) -> str:
    """SQL expression of a row's canonical text; NULL differs from the empty text.

    Args:
        columns: The columns that count.
        textual: Those whose text may hold the separator; all of them if not told. It changes the
            time, never the text.
    """
    parts = []
    for place, name in enumerate(sorted(columns)):
        column = quote_identifier(name)
        text = f"{column}::varchar"
        if textual is None or name in textual:
            text = f"replace({text}, chr(31), '\\x1f')"
        before = "chr(31) || " if place else ""
        parts.append(f"case when {column} is null then {before}'n' else {before}'v' end, {text}")
    # One concat builds the text once and passes over NULL; || would copy it for every column.
    return f"concat({', '.join(parts)})" if parts else "''"
