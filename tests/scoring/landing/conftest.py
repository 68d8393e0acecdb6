"""Helpers that land files, ingest them and look at what became of the rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scoring.landing.ingest import ingest_range
from scoring.landing.raw_views import create_raw_views
from scoring.landing.report import BatchResult, IngestReport
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import duckdb_config, open_warehouse
from tests.conftest import TEST_KEY

DAY = date(2025, 1, 6)
USERS = "user_id,registered_at\nU1,2024-01-01\nU2,2024-01-02 08:00:00\n"
TRANSACTIONS_HEADER = "transaction_id,user_id,occurred_at,amount"


def transactions(*rows: str) -> str:
    """CSV text of transactions with the four required columns."""
    return "\n".join([TRANSACTIONS_HEADER, *rows]) + "\n"


class Bench:
    """One deployment under test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def beside(self, home: Path) -> Bench:
        """An empty deployment over the same landing folder."""
        home.mkdir(parents=True, exist_ok=True)
        (home / "landing").symlink_to(self.settings.landing)
        return Bench(load_settings(home=home, identity_key=TEST_KEY, landing_quiet_seconds=0))

    def folder(self, feed: str, dt: date | str = DAY) -> Path:
        path = self.settings.landing / feed / f"dt={dt}"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def land(
        self,
        feed: str,
        content: str | bytes,
        *,
        dt: date | str = DAY,
        name: str = "part.csv",
        control: Mapping[str, Any] | str | None = None,
    ) -> Path:
        """Write one data file, compressed if its name says so, and maybe a control file."""
        data = content.encode() if isinstance(content, str) else content
        if name.endswith(".gz") and not data.startswith(b"\x1f\x8b"):
            data = gzip.compress(data, mtime=0)
        path = self.folder(feed, dt) / name
        path.write_bytes(data)
        if control is not None:
            text = control if isinstance(control, str) else json.dumps(control)
            (path.parent / "_control.json").write_text(text, encoding="utf-8")
        return path

    def land_users(self, dt: date = DAY, text: str = USERS) -> None:
        self.land("users", text, dt=dt)

    def ingest(self, first: date = DAY, last: date | None = None, **options: Any) -> IngestReport:
        return ingest_range(self.settings, first, last or max(first, DAY), run_id="test", **options)

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, opened once; ``open_warehouse`` opens it twice, to ask its version."""
        file = self.settings.warehouse_file
        if not file.exists():
            with open_warehouse(self.settings):
                pass
        with duckdb.connect(str(file), config=duckdb_config(self.settings)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self.warehouse() as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        self.query(sql, parameters)

    def raw(self, feed: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Rows of ``raw.<feed>``."""
        with self.warehouse() as connection:
            create_raw_views(connection, self.settings)
            return connection.execute(f"select {columns} from raw.{feed} order by all").fetchall()

    def rules(self) -> list[tuple[str, str | None, int]]:
        """Rule, column and row number of every quarantined row."""
        return self.query(
            "select rule, column_name, row_number from quality.quarantine "
            "order by file_name, row_number, rule"
        )

    def state(self, feed: str, dt: date = DAY) -> tuple[str, str | None] | None:
        """State and refusal rule of a batch."""
        rows = self.query(
            "select state, refusal_rule from ops.batches where feed = ? and dt = ?", [feed, dt]
        )
        return rows[0] if rows else None

    def content(self) -> list[tuple[Any, ...]]:
        """Everything of ``ops.batches`` that a result depends on."""
        return self.query(
            "select feed, dt, state, known_basis, content_hash, rows_read, rows_loaded, rows_held, "
            "rows_quarantined, rows_duplicate from ops.batches order by all"
        )

    def publish(self, known_on: date, state: str = "current") -> None:
        """Pretend that the night of ``known_on`` has been published."""
        number = self.query("select coalesce(max(generation), 0) + 1 from ops.generations")[0][0]
        self.execute(
            "insert into ops.generations values (?, 'r', ?, ?, 'h', ?, timestamp '2025-01-01')",
            [number, known_on, known_on, state],
        )

    def raw_files(self) -> list[str]:
        """Every file under ``warehouse/raw``."""
        return sorted(
            str(path.relative_to(self.settings.raw))
            for path in self.settings.raw.rglob("*")
            if path.is_file()
        )


def of(report: IngestReport, feed: str, dt: date = DAY) -> BatchResult:
    """The report's line about one batch."""
    (found,) = [each for each in report.batches if (each.feed, each.dt) == (feed, dt)]
    return found


@pytest.fixture
def bench(settings: Settings) -> Bench:
    return Bench(settings)
