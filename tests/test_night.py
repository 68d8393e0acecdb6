"""The night, end to end, over simulated files: twice, killed, and out of order."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.kill_steps import kill_and_repeat, step_seconds
from benchmarks.worlds import World, make_world, run_nights
from scoring.nights import STEPS
from scoring.publish.published import published_content_hash
from scoring.warehouse.store import open_warehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two months of history, the first night published."""
    home = tmp_path_factory.mktemp("night") / "world"
    world = make_world(home, users=150, history_days=60, nights=2)
    run_nights(world, world.night_dates[:1])
    return world


@pytest.fixture(scope="module")
def finished(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy with the second night published as well."""
    home = tmp_path_factory.mktemp("finished") / "world"
    shutil.copytree(world.home, home)
    copy = replace(world, home=home)
    run_nights(copy, copy.night_dates[1:])
    return copy


def test_every_step_leaves_its_time_and_memory(finished: World) -> None:
    with open_warehouse(finished.settings) as connection:
        rows = connection.execute(
            "select step, count(*), min(wall_seconds) > 0, min(peak_memory_bytes) > 0"
            " from ops.step_runs where step <> 'ingest_range' group by step"
        ).fetchall()
    assert sorted(rows) == sorted((step, 2, True, True) for step in STEPS)


def test_every_gate_expectation_ran_and_none_stopped(finished: World) -> None:
    with open_warehouse(finished.settings) as connection:
        rows = connection.execute(
            "select gate, count(*) > 5, count(*) filter (state = 'errored'),"
            " count(*) filter (state = 'failed' and severity = 'stop')"
            " from quality.gate_results group by gate order by gate"
        ).fetchall()
    assert rows == [(gate, True, 0, 0) for gate in ("landing", "marts", "scores")]


def test_same_night_again_changes_nothing(finished: World) -> None:
    before = published_content_hash(finished.settings)
    run_nights(finished, finished.night_dates[1:])
    assert published_content_hash(finished.settings) == before


@pytest.mark.parametrize("step", ["build_marts", "publish"])
def test_kill_inside_a_step_then_again_gives_equal_content(
    world: World, finished: World, tmp_path: Path, step: str
) -> None:
    day = world.night_dates[1]
    delay = 0.6 * step_seconds(finished, day)[step]
    reader = kill_and_repeat(world, tmp_path / "copy", day, step, delay)
    assert reader.queries > 5
    assert reader.errors == []
    assert len(reader.generations) == 1
    killed = replace(world, home=tmp_path / "copy")
    assert published_content_hash(killed.settings) == published_content_hash(finished.settings)
