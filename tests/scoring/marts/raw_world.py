"""Rows written straight into ``raw``, as ingest leaves them: Parquet per feed and batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from scoring.landing.contract import load_feeds
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal
from scoring.warehouse.store import open_warehouse

Row = Mapping[str, object]


@dataclass(frozen=True)
class RawWorld:
    """A deployment whose raw tables are written by hand."""

    settings: Settings

    def land(self, feed: str, dt: str, *rows: Row, batch_date: str | None = None) -> None:
        """One batch of a feed; columns that a row does not name take the contract's default."""
        contract = load_feeds()[feed]
        name = f"{feed}/dt={dt}/{feed}.parquet"
        target = self.settings.raw / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(
            contract.raw_columns, [self._full(feed, dt, batch_date, row) for row in rows], target
        )
        with open_warehouse(self.settings) as connection:
            connection.execute(
                "insert or replace into ops.batches (feed, dt, state, known_basis, raw_file,"
                " content_hash, run_id, changed_at)"
                " values (?, ?, 'loaded', 'landed', ?, md5(?), 'test', '2025-01-01')",
                [feed, dt, name, str(rows)],
            )

    @staticmethod
    def _full(feed: str, dt: str, batch_date: str | None, row: Row) -> Row:
        defaults = {
            column.raw_name: column.default
            for column in load_feeds()[feed].columns
            if column.default is not None
        }
        frame = {
            "is_deleted": False,
            "batch_date": batch_date or dt,
            "known_basis": "landed",
            "dt": dt,
        }
        return defaults | frame | dict(row)


def _write(columns: Mapping[str, str], rows: Sequence[Row], target: Path) -> None:
    for row in rows:
        assert set(row) <= set(columns), set(row) - set(columns)
    connection = duckdb.connect()
    typed = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"create table batch ({typed})")
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f"insert into batch values ({marks})", [[row.get(name) for name in columns] for row in rows]
    )
    connection.execute(f"copy batch to {quote_literal(str(target))} (format parquet)")
    connection.close()


def noon(day: str) -> datetime:
    """Noon of a business day in Shanghai, as the UTC timestamp that raw holds."""
    return datetime.fromisoformat(day) + timedelta(hours=4)


def at_utc(moment: str) -> datetime:
    """A UTC timestamp as raw holds it."""
    return datetime.fromisoformat(moment)
