from __future__ import annotations

from collections.abc import Iterator

import pytest

from scoring.simulator.simulate import simulate
from tests.scoring.simulator.worlds import START, Written, read_world

DAYS = 365


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """700 users for a year: both lines, 春节, 双11, write-offs."""
    folder = tmp_path_factory.mktemp("simulated") / "landing"
    simulate(users=700, start=START, days=DAYS, seed=5, out=folder)
    world = read_world(folder, DAYS)
    yield world
    world.connection.close()
