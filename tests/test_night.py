"""The night, end to end, over simulated files: twice, and killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.resilience.kills import kill_once
from benchmarks.resilience.states import Actor, Deployment, acting
from benchmarks.worlds import World, run_nights
from scoring.nights import STEPS
from scoring.publish.published import published_content_hash
from scoring.warehouse.store import open_warehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Two months of history, and what follows."""
    return Deployment(tmp_path_factory.mktemp("night") / "states", users=150, seed=7)


@pytest.fixture(scope="module")
def finished(deployment: Deployment) -> World:
    """Two nights published."""
    deployment.restore("published")
    return deployment.world


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
    run_nights(finished, finished.night_dates[1:2])
    assert published_content_hash(finished.settings) == before


@pytest.fixture(scope="module")
def actor(deployment: Deployment) -> Iterator[Actor]:
    """Does actions in processes that are killed."""
    with acting(deployment.world, deployment.log) as found:
        yield found


@pytest.mark.parametrize(
    ("action", "number"),
    [("night", 0), ("night", 1), ("publish", 2), ("publish", 3), ("rollback", 4)],
)
def test_killed_at_a_random_moment_then_again_gives_equal_content(
    deployment: Deployment, actor: Actor, action: str, number: int
) -> None:
    # a taste of `python -m benchmarks.operations kills`
    kill = kill_once(deployment, actor, action, number, seed=7)
    assert kill.failures == (), kill
