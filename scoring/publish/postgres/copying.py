"""Rows from DuckDB into a table of PostgreSQL, by COPY."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

import duckdb

from scoring.errors import TransientError
from scoring.publish.postgres.connection import SUBJECT, Postgres
from scoring.publish.postgres.types import csv_expression
from scoring.warehouse.sql import quote_identifier, quote_literal

CHUNK_BYTES = 1 << 20


def copy_rows(
    source: duckdb.DuckDBPyConnection,
    pg: Postgres,
    relation: str,
    target: str,
    columns: Mapping[str, str],
    folder: Path,
) -> int:
    """Copy all rows of a query; part of the transaction that is open on ``pg``.

    DuckDB writes CSV faster than Python could handle rows, and no value passes through a float.

    Args:
        source: Where the rows are.
        pg: Where they go.
        relation: What stands after ``from`` in DuckDB; has every column.
        target: Qualified table in PostgreSQL.
        columns: Column -> its PostgreSQL type.
        folder: For the file in between, which is deleted at once.

    Returns:
        Rows copied.
    """
    folder.mkdir(parents=True, exist_ok=True)
    between = folder / f"postgres-{uuid.uuid4().hex}.csv"
    expressions = ", ".join(csv_expression(name, kind) for name, kind in columns.items())
    try:
        source.execute(
            f"copy (select {expressions} from {relation}) to {quote_literal(str(between))} "
            "(format csv, header false)"
        )
        names = ", ".join(quote_identifier(name) for name in columns)
        statement = f"copy {target} ({names}) from stdin (format csv)"
        with between.open("rb") as file, pg.cursor() as cursor:
            with cursor.copy(statement.encode()) as copy:
                while chunk := file.read(CHUNK_BYTES):
                    copy.write(chunk)
            return cursor.rowcount
    finally:
        between.unlink(missing_ok=True)


def require_count(target: str, expected: int, got: int) -> None:
    """Refuse a copy that brought another number of rows than it should.

    Raises:
        TransientError: The numbers differ.
    """
    if expected != got:
        raise TransientError(
            "PostgreSQL not written",
            subject=SUBJECT,
            expected=f"{expected} rows in {target}",
            got=f"{got}",
            next_step="Repeat the command; what is published stands.",
        )
