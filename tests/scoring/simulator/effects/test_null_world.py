"""Twenty small null worlds: nothing has any effect, and yet everything is correlated."""

from __future__ import annotations

import pytest

from tests.scoring.simulator.effects.estimates import NAMES
from tests.scoring.simulator.effects.seeds import (
    Estimates,
    check_oracle,
    estimate_worlds,
    standard_error,
)


@pytest.fixture(scope="module")
def worlds() -> dict[str, Estimates]:
    return estimate_worlds("null", range(20))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_finds_nothing(worlds: dict[str, Estimates], name: str) -> None:
    assert worlds[name].truth == 0
    check_oracle(name, worlds[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_plain_regression_finds_an_effect(worlds: dict[str, Estimates], name: str) -> None:
    found = worlds[name]
    assert abs(found.plain.mean()) > 3.0 * standard_error(found.plain)
    assert abs(found.plain.mean()) > abs(found.oracle.mean())
