"""Deployments into which a clean and a dirty world were ingested, and how to look at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from scoring.errors import DataRefusedError
from scoring.landing.contract import Feed
from scoring.landing.ingest import ingest_range
from scoring.landing.raw_views import create_raw_views
from scoring.settings import Settings, load_settings
from scoring.simulator.dirt.levels import DirtLevel
from scoring.simulator.simulate import simulate
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.scoring.simulator.worlds import START

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Deployment:
    """An ingested world; ``last`` is its last day."""

    settings: Settings
    last: date
    _open: list[duckdb.DuckDBPyConnection] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        return self.settings.landing

    @property
    def truth(self) -> Path:
        return self.landing.with_name("landing.truth")

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse with the ledger as ``ledger``, and ids as ``identities``.

        Whoever asks many questions connects around them: inside, they share the connection.
        """
        if self._open:
            yield self._open[0]
            return
        with open_warehouse(self.settings) as connection:
            create_raw_views(connection, self.settings)
            faults = self.truth / "faults"
            if faults.exists():
                connection.execute(
                    f"create temp table ledger as from read_parquet('{faults}/*.parquet')"
                )
            connection.execute(f"attach '{self.settings.vault_file}' as vault (read_only)")
            connection.execute("create temp table identities as from vault.identities")
            connection.execute("detach vault")
            self._open.append(connection)
            try:
                yield connection
            finally:
                self._open.clear()

    def query(self, sql: str) -> Rows:
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def count(self, sql: str) -> Counter[Any]:
        """A query whose last column counts the others."""
        return Counter({row[:-1]: int(row[-1]) for row in self.query(sql) if row[-1]})

    def raw(self, feed: Feed) -> str:
        """SQL for the raw rows of the feed's loaded batches, with ``key_text`` as in the ledger."""
        parts = ", ".join(_key_part(feed, name) for name in feed.key)
        return (
            f"(select raw.*, concat_ws('|', {parts}) as key_text "
            f"from raw.{feed.name} as raw left join identities using (user_key))"
        )


def _key_part(feed: Feed, name: str) -> str:
    column = feed.column(name)
    if column.type == "user":
        return "user_id"
    if column.type == "timestamp":
        return f"timezone('Asia/Shanghai', timezone('UTC', {name}))::varchar"
    return f"{name}::varchar"


def open_deployment(home: Path, days: int) -> Deployment:
    """The deployment under ``home``, whose world has so many days."""
    settings = load_settings(
        home=home,
        identity_key=TEST_KEY,
        landing_quiet_seconds=0,
        minimum_due_ratio=Decimal("0.1"),
        threads=2,
    )
    return Deployment(settings, START + timedelta(days=days - 1))


def deploy(
    home: Path,
    *,
    users: int,
    days: int,
    dirt: DirtLevel,
    seed: int = 5,
    file_format: str = "parquet",
    processes: int | None = None,
) -> Deployment:
    """Simulate a world and ingest it; refused batches stay refused."""
    deployment = open_deployment(home, days)
    simulate(
        users=users,
        start=START,
        days=days,
        seed=seed,
        out=deployment.landing,
        parameters=None,
        dirt=dirt,
        file_format=file_format,
        processes=processes,
    )
    try:
        ingest_range(deployment.settings, START, deployment.last, run_id="dirt")
    except DataRefusedError:
        assert dirt != "none"
    return deployment
