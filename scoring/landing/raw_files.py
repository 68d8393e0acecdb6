"""Immutable raw Parquet: written aside, moved into place by one rename."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import date

import duckdb

from scoring.landing.contract import Feed
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal

_ASIDE = "raw-"


def raw_file_name(feed: str, dt: date, content_hash: str) -> str:
    """Path of a batch's raw file, relative to ``warehouse/raw``."""
    digest = hashlib.sha256(content_hash.encode()).hexdigest()[:32]
    return f"{feed}/dt={dt}/{digest}.parquet"


def write_raw_file(
    connection: duckdb.DuckDBPyConnection, settings: Settings, feed: Feed, dt: date, name: str
) -> None:
    """Write the rows of ``ingest_final`` for ``dt`` to ``name``; a no-op if it exists."""
    target = settings.raw / name
    if target.exists():
        return
    aside = settings.temp / f"{_ASIDE}{feed.name}-{dt}.parquet"
    columns = ", ".join(quote_identifier(column) for column in feed.raw_columns)
    connection.execute(
        f"copy (select {columns} from ingest_final where dt = {quote_literal(str(dt))}::date) "
        f"to {quote_literal(str(aside))} (format parquet, compression zstd)"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(aside, target)  # noqa: PTH105 - atomic on purpose, also over an existing file


def protect_spill_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Encrypt what the connection spills to disk: it holds user ids until they became keys.

    The key lives in memory only and dies with the process. DuckDB calls its built-in cipher unsafe
    because its random numbers are not certified; without it the ids would lie there in the clear.
    """
    connection.execute("set force_mbedtls_unsafe = true")
    connection.execute("set temp_file_encryption = true")


def remove_leftovers(settings: Settings) -> None:
    """Delete what a killed run left in the folder of files being written."""
    if settings.temp.is_dir():
        for path in settings.temp.glob(f"{_ASIDE}*.parquet"):
            path.unlink()


def read_raw_sql(settings: Settings, files: Sequence[str]) -> str:
    """A table function over raw files named relative to ``warehouse/raw``; at least one."""
    paths = ", ".join(quote_literal(str(settings.raw / name)) for name in files)
    return f"read_parquet([{paths}], hive_partitioning = false)"
