"""Generation files attached to the warehouse's connection, and rows put into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from scoring.warehouse.sql import quote_literal

BASE = "base_generation"
"""Name of a finished generation that is read."""
NEW = "new_generation"
"""Name of the generation being made."""

STORAGE_VERSION = "v1.0.0"
"""File format that DuckDB 1.0 and later open."""


@contextmanager
def attached_base(connection: duckdb.DuckDBPyConnection, path: Path | None) -> Iterator[None]:
    """Read a finished generation as ``base_generation``; nothing is attached without a path."""
    if path is None:
        yield
        return
    connection.execute(f"attach {quote_literal(str(path))} as {BASE} (read_only)")
    try:
        yield
    finally:
        connection.execute(f"detach {BASE}")


@contextmanager
def attached_new(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Write a generation aside as ``new_generation``; the file is complete after the block."""
    connection.execute(
        f"attach {quote_literal(str(path))} as {NEW} (storage_version '{STORAGE_VERSION}')"
    )
    try:
        yield
        connection.execute(f"checkpoint {NEW}")
    finally:
        connection.execute(f"detach {NEW}")


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows in one statement; one statement each would cost a millisecond per row."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join("unnest(?)" for _ in columns)
        connection.execute(f"insert into {table} select {lists}", columns)
