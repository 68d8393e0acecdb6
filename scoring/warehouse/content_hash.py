"""Order-free content hash of a query's rows, the same on every run and number of threads.

Each row becomes a canonical text, the text an MD5, and the two halves of the MD5s are summed as
integers. Row order cannot matter, duplicates do, and no floating point is involved.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from scoring.warehouse.sql import quote_identifier


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
    row_text = canonical_row_text(columns)
    row = connection.execute(
        f"""
        select count(*), coalesce(sum(md5_number_lower(t)::hugeint), 0),
               coalesce(sum(md5_number_upper(t)::hugeint), 0)
        from (select {row_text} as t from {relation})
        """
    ).fetchone()
    if row is None:
        return 0, "0-0-0"
    return int(row[0]), f"{row[0]:x}-{int(row[1]):x}-{int(row[2]):x}"


def canonical_row_text(columns: Sequence[str]) -> str:
    """SQL expression of a row's canonical text; NULL differs from the empty text."""
    parts = [
        f"coalesce('v' || replace({quote_identifier(name)}::varchar, chr(31), '\\x1f'), 'n')"
        for name in sorted(columns)
    ]
    # One concat_ws builds the text once; a chain of || copies it for every column.
    return f"concat_ws(chr(31), {', '.join(parts)})" if parts else "''"
