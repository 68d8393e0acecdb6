"""Finding the damaged file: every store and every published file is read once, whole."""

from __future__ import annotations

from pathlib import Path

import duckdb

from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal


def find_damaged(settings: Settings) -> tuple[list[str], int]:
    """Read the vault, what is published and the warehouse; the caller holds the writer lock.

    Returns:
        The damaged files relative to the home folder, and how many files were read.
    """
    stores = [
        settings.vault_file,
        *sorted((settings.published / "generations").glob("[0-9]*.duckdb")),
        settings.warehouse_file,
    ]
    stores = [path for path in stores if path.exists()]
    parquet = sorted(settings.published.rglob("[!.]*.parquet"))
    parquet += sorted(settings.raw.rglob("*.parquet"))
    damaged = [path for path in stores if not _is_readable_store(path)]
    damaged += [path for path in parquet if not _is_readable_parquet(path)]
    names = [str(path.relative_to(settings.root)) for path in damaged]
    return names, len(stores) + len(parquet)


def _is_readable_store(path: Path) -> bool:
    try:
        with duckdb.connect() as connection:
            connection.execute(f"attach {quote_literal(str(path))} as store (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'store'"
            ).fetchall()
            for schema, table in tables:
                name = f"store.{quote_identifier(schema)}.{quote_identifier(table)}"
                connection.execute(f"select bit_xor(hash(t)) from {name} as t").fetchall()
    except duckdb.Error:
        return False
    return True


def _is_readable_parquet(path: Path) -> bool:
    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"select bit_xor(hash(t)) from read_parquet({quote_literal(str(path))}) as t"
            ).fetchall()
    except duckdb.Error:
        return False
    return True
