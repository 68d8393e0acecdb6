"""Killed at random moments: the same command again leaves what it leaves undisturbed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.resilience.kills import kill_once
from benchmarks.resilience.states import Actor, Deployment, acting


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Two months of history, and what follows."""
    return Deployment(tmp_path_factory.mktemp("kills") / "states", users=150, seed=7)


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
