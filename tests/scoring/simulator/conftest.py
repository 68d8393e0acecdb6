from __future__ import annotations

from collections.abc import Iterator

import pytest

from scoring.simulator.simulate import simulate
from tests.scoring.simulator.worlds import START, Written, read_world

USERS, DAYS = 2000, 365


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """2,000 users for a year: both lines, 春节, 双11, write-offs."""
    folder = tmp_path_factory.mktemp("simulated") / "landing"
    simulate(users=USERS, start=START, days=DAYS, seed=5, out=folder)
    world = read_world(folder, DAYS)
    yield world
    world.connection.close()
