"""Twenty small default worlds: plain regressions are wrong on purpose, the oracle is right."""

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
    return estimate_worlds("default", range(20))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_recovers_the_planted_effect(worlds: dict[str, Estimates], name: str) -> None:
    assert worlds[name].truth != 0 or name == "cash_access_arrears"
    check_oracle(name, worlds[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_plain_regression_is_visibly_biased(worlds: dict[str, Estimates], name: str) -> None:
    found = worlds[name]
    assert abs(found.plain_bias) > 4.0 * standard_error(found.plain)
    assert abs(found.plain_bias) > 4.0 * abs(found.oracle_bias)
    assert abs(found.plain_bias) > 0.1 * max(abs(found.truth), 0.1)
