"""Two warehouses side by side: every table of a night, row for row and column for column."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from scoring.marts.records import MARTS
from scoring.score.store import CONTENT_COLUMNS
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal

TABLES = (
    *(f"marts.{mart}" for mart in MARTS),
    *(f"scores.{name}" for name in CONTENT_COLUMNS),
    "scores.shadow_scores",
)


def find_differences(one: Settings, other: Settings) -> list[str]:
    """One line per table that differs, with the first rows that only one side has."""
    connection = duckdb.connect()
    for name, settings in (("one", one), ("other", other)):
        file = quote_literal(str(settings.warehouse_file))
        connection.execute(f"attach {file} as {name} (read_only)")
    found = [line for table in TABLES for line in _compare(connection, table)]
    connection.close()
    return found


def count_rows(settings: Settings) -> dict[str, int]:
    """Rows of every compared table."""
    with duckdb.connect(str(settings.warehouse_file), read_only=True) as connection:
        return {
            table: connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            for table in TABLES
        }


def read_hashes(settings: Settings) -> list[tuple[object, ...]]:
    """The content hash of every table and night, as the steps recorded it."""
    with duckdb.connect(str(settings.warehouse_file), read_only=True) as connection:
        return connection.execute(
            "select table_name, as_of_date, known_on, row_count, content_hash"
            " from ops.table_contents order by all"
        ).fetchall()


def _compare(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    types = [_column_types(connection, f"{side}.{table}") for side in ("one", "other")]
    if types[0] != types[1]:
        return [f"{table}: {types[0]} and {types[1]}"]
    columns = ", ".join(quote_identifier(name) for name, _ in types[0])
    return [
        f"{table}: only in {left}: {rows}"
        for left, right in (("one", "other"), ("other", "one"))
        if (rows := _only_in(connection, columns, f"{left}.{table}", f"{right}.{table}"))
    ]


def _column_types(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    rows = connection.execute(f"describe {table}").fetchall()
    return [(name, kind) for name, kind, *_ in rows]


def _only_in(
    connection: duckdb.DuckDBPyConnection, columns: str, left: str, right: str
) -> Sequence[tuple[object, ...]]:
    return connection.execute(
        f"select {columns} from {left} except all select {columns} from {right} limit 3"
    ).fetchall()
