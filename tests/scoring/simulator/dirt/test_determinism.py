"""Dirt is a function of seed, level and rows: the same bytes, however they come about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.simulator import shards
from scoring.simulator.dirt.ledger import LEDGER_SCHEMA
from scoring.simulator.dirt.levels import DirtLevel
from scoring.simulator.dirt.soiler import Soiler
from scoring.simulator.shards import Plan, Written
from scoring.simulator.simulate import simulate
from tests.scoring.simulator.dirt import checks
from tests.scoring.simulator.dirt.deployments import deploy
from tests.scoring.simulator.worlds import START, hash_tree

LIVE_SHARD = shards._live_shard


def _simulate(
    folder: Path,
    dirt: DirtLevel,
    days: int = 30,
    seed: int = 4,
    users: int = 200,
    processes: int = 1,
) -> Path:
    out = folder / "landing"
    simulate(
        users=users,
        start=START,
        days=days,
        seed=seed,
        out=out,
        parameters=None,
        dirt=dirt,
        processes=processes,
    )
    return folder


@pytest.mark.parametrize("dirt", ["light", "heavy"])
def test_equal_options_give_equal_bytes_ledger_included(tmp_path: Path, dirt: DirtLevel) -> None:
    first = hash_tree(_simulate(tmp_path / "first", dirt))
    assert hash_tree(_simulate(tmp_path / "second", dirt)) == first
    assert hash_tree(_simulate(tmp_path / "other", dirt, seed=5)) != first


def test_a_longer_world_begins_like_a_shorter_one(tmp_path: Path) -> None:
    short = _simulate(tmp_path / "short", "heavy", days=20) / "landing"
    long = _simulate(tmp_path / "long", "heavy", days=30) / "landing"
    assert hash_tree(long, until="dt=2024-01-20") == hash_tree(short)


def test_none_changes_nothing_and_writes_no_ledger(tmp_path: Path) -> None:
    soiled = _simulate(tmp_path / "none", "none")
    simulate(users=200, start=START, days=30, seed=4, out=tmp_path / "landing", parameters=None)
    assert hash_tree(soiled / "landing") == hash_tree(tmp_path / "landing")
    assert not (soiled / "landing.truth" / "faults").exists()
    table = pa.table({"user_id": ["u0000001"]})
    assert Soiler(1, "none", 0).soil("users", 0, table).tables[0] is table


def test_the_ledger_has_the_described_columns(tmp_path: Path) -> None:
    folder = _simulate(tmp_path, "heavy", days=3)
    found = pq.read_schema(folder / "landing.truth" / "faults" / "part-000.parquet")
    assert found.equals(LEDGER_SCHEMA, check_metadata=False)
    assert all(field.metadata[b"description"] for field in found)


def test_shards_do_not_depend_on_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What makes any number of processes give the same files."""
    monkeypatch.setattr(shards, "SHARD_USERS", 100)
    in_order = hash_tree(_simulate(tmp_path / "in order", "heavy", days=20))

    def live_backwards(plan: Plan, shard: int) -> Iterator[Written]:
        return LIVE_SHARD(plan, plan.shard_count - 1 - shard)

    monkeypatch.setattr(shards, "_live_shard", live_backwards)
    assert hash_tree(_simulate(tmp_path / "backwards", "heavy", days=20)) == in_order


def test_processes_give_the_same_bytes(tmp_path: Path) -> None:
    users = shards.SHARD_USERS + 2
    trees = [
        hash_tree(_simulate(tmp_path / str(count), "heavy", days=2, users=users, processes=count))
        for count in (1, 2)
    ]
    assert trees[0] == trees[1]


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_shards_lose_the_same_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(shards, "SHARD_USERS", 60)
    dirty = deploy(
        tmp_path / "home",
        users=120,
        days=24,
        dirt="heavy",
        seed=6,
        file_format=file_format,
        processes=1,
    )
    checks.check_ledger(dirty)
    parts = dirty.query("select count(*) from ledger where kind = 'missing_day' group by feed, dt")
    assert {count for (count,) in parts} == {2}
