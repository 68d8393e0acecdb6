"""Worlds and questions that several tests of the simulator share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np

from scoring.landing.contract import load_feeds
from scoring.simulator.arrays import Floats, Ints
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters
from scoring.simulator.population import Population
from scoring.simulator.randomness import Randomness
from scoring.simulator.season import to_day
from scoring.simulator.world import Line, State, World, create_world

START = date(2024, 1, 1)
_ByUser = TypeVar("_ByUser", Population, State, Line)


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


def read_feeds(landing: Path, file: Path) -> None:
    """Make a database of all batches, one table per feed with its ``dt``."""
    with duckdb.connect(str(file)) as connection:
        for feed in load_feeds():
            connection.execute(
                f"create table {feed} as "
                f"from read_parquet('{landing}/{feed}/*/*.parquet', hive_partitioning = true)"
            )


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


class JoinedRandomness(Randomness):
    """The random numbers of several worlds, one world after the other."""

    def __init__(self, parts: Sequence[Randomness]) -> None:
        super().__init__(0, 0)
        self._past = np.concatenate([part._keys for part in parts])
        self._future = np.concatenate([part._keys ^ np.uint64(part._branch) for part in parts])
        self._fork_day = parts[0]._branch_day

    def uniform(
        self, purpose: str, day: int = 0, users: Ints | None = None, item: Ints | None = None
    ) -> Floats:
        is_past = self._fork_day is None or day < self._fork_day
        self._keys = self._past if is_past else self._future
        return super().uniform(purpose, day, users, item)


class JoinedWorlds(World):
    """Worlds of equal size side by side in one, which costs far less than one after the other.

    Users ``n * block_size`` and up are those of the n-th world, and live as they would alone: users
    share nothing, and each keeps the numbers and the random numbers of its own world.
    """

    block_size: int

    def user_number(self, users: Ints) -> Ints:
        """Numbers of the users in their own world."""
        return users % self.block_size


def join_worlds(worlds: Sequence[World]) -> JoinedWorlds:
    """Join worlds that have not begun; they may differ by seed and branch, in nothing else."""
    one = worlds[0]
    huabei, jiebei = (_join([world.lines[product] for world in worlds]) for product in range(2))
    joined = JoinedWorlds(
        first_user=0,
        start=one.start,
        last_day=one.last_day,
        random=JoinedRandomness([world.random for world in worlds]),
        parameters=one.parameters,
        hidden=_join([world.hidden for world in worlds]),
        state=_join([world.state for world in worlds]),
        lines=(huabei, jiebei),
    )
    joined.block_size = one.hidden.size
    return joined


def _join(parts: Sequence[_ByUser]) -> _ByUser:
    """The vectors of all parts, one after the other; what is no vector is the same in all."""
    vectors = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(parts[0])
        if isinstance(getattr(parts[0], field.name), np.ndarray)
    }
    return replace(parts[0], **vectors)
