"""Opening the build warehouse: lock, limits, schema version."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from scoring.errors import PermanentError, TransientError
from scoring.settings import Settings
from scoring.system_errors import as_known_error
from scoring.warehouse.lock import writer_lock

SCHEMA_FILE = Path(__file__).with_name("schema.sql")
MIGRATIONS_FOLDER = Path(__file__).with_name("migrations")
SCHEMA_VERSION = 6


def duckdb_config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB settings that every connection to the warehouse uses, dbt's included."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        # Blocks given back are used again by the next query; the system would hand them out anew,
        # page by page (docs/decisions/0023).
        "block_allocator_memory": settings.memory_limit,
        "temp_directory": str(settings.temp),
    }
    if settings.threads is not None:
        config["threads"] = str(settings.threads)
    return config


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build warehouse for writing, creating or upgrading it when needed.

    The writer lock is held until the connection is closed. Nothing is committed by leaving the
    block; every statement outside an explicit transaction commits itself.

    Raises:
        TransientError: The lock or the file is held by another process.
        PermanentError: The file is newer than this code, or cannot be read.
    """
    with writer_lock(settings):
        settings.temp.mkdir(parents=True, exist_ok=True)
        connection = _open_current(settings)
        try:
            yield connection
        finally:
            connection.close()


def _open_current(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A connection to a warehouse of this version, opened once: a step opens it often."""
    if settings.warehouse_file.exists():
        connection = _connect(settings.warehouse_file, settings)
        try:
            version = _read_version(connection, settings)
        except BaseException:
            connection.close()
            raise
        if version == SCHEMA_VERSION:
            return connection
        connection.close()
    ensure_schema(settings)
    return _connect(settings.warehouse_file, settings)


def ensure_schema(settings: Settings) -> None:
    """Create the warehouse, or bring an older one to this version on a copy.

    Raises:
        PermanentError: The file is newer than this code.
    """
    target = settings.warehouse_file
    if not target.exists():
        _build_aside(target, [SCHEMA_FILE], settings)
        return
    version = read_schema_version(settings)
    if version > SCHEMA_VERSION:
        raise PermanentError(
            "warehouse refused",
            subject=target.name,
            expected=f"schema version {SCHEMA_VERSION} or older",
            got=f"version {version}",
            next_step="Install the creditloop version that wrote it, or a newer one.",
        )
    if version < SCHEMA_VERSION:
        steps = [_migration(number) for number in range(version + 1, SCHEMA_VERSION + 1)]
        _build_aside(target, steps, settings)


def read_schema_version(settings: Settings) -> int:
    """Schema version of the existing warehouse file."""
    connection = _connect(settings.warehouse_file, settings)
    try:
        return _read_version(connection, settings)
    finally:
        connection.close()


def _read_version(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    try:
        # All of the answer: a connection with half of one reads no stream of its own.
        ((version,),) = connection.execute("select max(version) from ops.schema_version").fetchall()
    except duckdb.CatalogException:
        version = None
    if version is None:
        raise PermanentError(
            "warehouse refused",
            subject=settings.warehouse_file.name,
            expected="a creditloop warehouse",
            got="a DuckDB file without ops.schema_version",
            next_step="Move the file away; the next run makes a new one.",
        )
    return int(version)


def _migration(number: int) -> Path:
    (path,) = MIGRATIONS_FOLDER.glob(f"{number:04d}_*.sql")
    return path


def _build_aside(target: Path, scripts: list[Path], settings: Settings) -> None:
    from scoring.releases.store import found_ledger  # noqa: PLC0415 - only for a new store

    aside = target.with_suffix(".new.duckdb")
    for leftover in (aside, Path(f"{aside}.wal")):
        leftover.unlink(missing_ok=True)
    if target.exists():
        shutil.copyfile(target, aside)
    connection = _connect(aside, settings)
    try:
        for script in scripts:
            connection.execute(script.read_text(encoding="utf-8"))
        found_ledger(connection)
        connection.execute("checkpoint")
    finally:
        connection.close()
    os.replace(aside, target)  # noqa: PTH105 - atomic on purpose, also over an existing file


def _connect(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(str(path), config=duckdb_config(settings))
    except duckdb.Error as error:
        if "could not set lock" in str(error).lower():
            raise TransientError(
                "warehouse not opened",
                subject=path.name,
                expected="no other program using the build warehouse",
                got="a file held open by another process",
                next_step="Close it there (BI tools read published/creditloop.duckdb) and retry.",
            ) from error
        known = as_known_error(error)
        if known is not None and type(known) is not PermanentError:
            raise known from error
        raise PermanentError(
            "warehouse not opened",
            subject=path.name,
            expected="a readable DuckDB file",
            got="one that is damaged",
            next_step="Restore it from a backup; or move it and its .wal away and run the night "
            "again, which ingests everything under landing/. What is published is untouched.",
        ) from error
    # Not part of the configuration: time zones need the ICU extension, loaded only by now.
    connection.execute("set TimeZone = 'UTC'")
    return connection
