from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from scoring.simulator.simulate import simulate
from tests.scoring.simulator.sharing import make_once
from tests.scoring.simulator.worlds import START, Written, read_feeds

USERS, DAYS = 2000, 365
FEEDS_FILE = "feeds.duckdb"


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """2,000 users for a year: both lines, 春节, 双11, write-offs."""
    folder = make_once(tmp_path_factory, "written", _write)
    with duckdb.connect(str(folder / FEEDS_FILE), read_only=True) as connection:
        yield Written(folder / "landing", DAYS, connection)


def _write(folder: Path) -> None:
    landing = folder / "landing"
    simulate(users=USERS, start=START, days=DAYS, seed=5, out=landing)
    read_feeds(landing, folder / FEEDS_FILE)
