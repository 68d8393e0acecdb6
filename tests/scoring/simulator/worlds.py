"""Worlds and questions that several tests of the simulator share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from scoring.landing.contract import load_feeds
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters
from scoring.simulator.season import to_day
from scoring.simulator.world import World, create_world

START = date(2024, 1, 1)


@dataclass(frozen=True)
class Written:
    """A world on disk and all its batches in DuckDB, one table per feed with its ``dt``."""

    folder: Path
    days: int
    connection: duckdb.DuckDBPyConnection

    def one(self, sql: str) -> tuple[object, ...]:
        """The only row of a query."""
        row = self.connection.execute(sql).fetchone()
        assert row is not None
        return row

    def count(self, table: str, condition: str) -> int:
        """Rows of ``table`` for which ``condition`` is true."""
        return int(str(self.one(f"select count(*) from {table} where {condition}")[0]))


def read_world(folder: Path, days: int) -> Written:
    connection = duckdb.connect()
    for feed in load_feeds():
        connection.execute(
            f"create table {feed} as "
            f"from read_parquet('{folder}/{feed}/*/*.parquet', hive_partitioning = true)"
        )
    return Written(folder, days, connection)


def hash_tree(folder: Path, until: str = "dt=9999") -> str:
    """Hash of every file below ``folder`` (days up to ``until``), names included."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.parent.name <= until:
            total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def live_quietly(world: World, days: int) -> None:
    """Run a world for some days without writing anything."""
    for _ in live(world, days):
        world.batch.discard()


def make_world(users: int, days: int, seed: int, parameters: Parameters | None = None) -> World:
    """A world that has not begun; what happens up to 60 days after ``days`` is kept."""
    start = to_day(START)
    return create_world(
        users=users,
        start=start,
        last_day=start + days + 60,
        seed=seed,
        parameters=parameters or Parameters(),
    )
