"""What ``ops.batches`` remembers of every landing folder, and the raw files it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

import duckdb
import pyarrow as pa

from scoring.clock import utc_now
from scoring.settings import Settings

_ARROW = {
    "str": pa.string(),
    "str | None": pa.string(),
    "date": pa.date32(),
    "int | None": pa.int64(),
    "list[str] | None": pa.list_(pa.string()),
}
"""Annotation of a ``BatchRecord`` field -> Arrow type."""


@dataclass(frozen=True)
class BatchRecord:
    """One row of ``ops.batches``."""

    feed: str
    dt: date
    state: str
    known_basis: str
    landed_hash: str | None = None
    content_hash: str | None = None
    raw_file: str | None = None
    rows_read: int | None = None
    rows_loaded: int | None = None
    rows_held: int | None = None
    rows_quarantined: int | None = None
    rows_duplicate: int | None = None
    extra_columns: list[str] | None = None
    refusal_rule: str | None = None
    refusal_message: str | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether its rows are in raw."""
        return self.state == "loaded"


def read_batches(connection: duckdb.DuckDBPyConnection, feed: str) -> dict[date, BatchRecord]:
    """Every batch of a feed, by landing date."""
    names = ", ".join(field.name for field in fields(BatchRecord))
    rows = connection.execute(f"select {names} from ops.batches where feed = ?", [feed]).fetchall()
    return {row[1]: BatchRecord(*row) for row in rows}


def count_loaded_feeds(connection: duckdb.DuckDBPyConnection) -> int:
    """Feeds of which rows are in raw."""
    row = connection.execute(
        "select count(distinct feed) from ops.batches where state = 'loaded'"
    ).fetchone()
    return int(row[0]) if row else 0


def write_batches(
    connection: duckdb.DuckDBPyConnection, records: Sequence[BatchRecord], run_id: str
) -> None:
    """Insert or replace rows, all in one statement."""
    if not records:
        return
    columns = {
        field.name: pa.array(
            [getattr(each, field.name) for each in records], _ARROW[str(field.type)]
        )
        for field in fields(BatchRecord)
    }
    names = ", ".join(columns)
    connection.register("ingest_records", pa.table(columns))
    try:
        connection.execute(
            f"insert or replace into ops.batches ({names}, run_id, changed_at) "
            f"select {names}, ?, ? from ingest_records",
            [run_id, utc_now()],
        )
    finally:
        connection.unregister("ingest_records")


def loaded_raw_files(connection: duckdb.DuckDBPyConnection, feed: str) -> list[str]:
    """Raw files of the feed's loaded batches, relative to ``warehouse/raw``, in order of dt."""
    rows = connection.execute(
        "select raw_file from ops.batches "
        "where feed = ? and state = 'loaded' and raw_file is not null order by dt",
        [feed],
    ).fetchall()
    return [str(row[0]) for row in rows]


def remove_superseded_files(settings: Settings, records: Iterable[BatchRecord]) -> None:
    """Delete raw files in the records' folders that the records do not name."""
    for record in records:
        folder = settings.raw / record.feed / f"dt={record.dt}"
        if not folder.is_dir():
            continue
        for path in folder.glob("*.parquet"):
            if record.raw_file is None or path != settings.raw / record.raw_file:
                path.unlink()
