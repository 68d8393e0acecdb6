"""One Spark session for all of these tests, and both worlds built once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.scoring.engines.worlds import Sides, engine_settings, simulated_sides, small_sides

WORLDS = {"small": small_sides, "simulated": simulated_sides}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A session that the steps find open, so that a process starts Java once."""
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: `make test-spark` installs it and runs this")
    from scoring.engines.spark_session import open_spark  # noqa: PLC0415

    home = tmp_path_factory.mktemp("session") / "home"
    with open_spark(engine_settings(home, "spark")) as session:
        yield session


@pytest.fixture(params=sorted(WORLDS))
def sides(
    spark: object, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Sides:
    """Each world, built and scored by both engines. Tests only read it."""
    return WORLDS[request.param](tmp_path_factory.getbasetemp())


@pytest.fixture
def small(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """The small world, built and scored by both engines. Tests only read it."""
    base: Path = tmp_path_factory.getbasetemp()
    return small_sides(base)
