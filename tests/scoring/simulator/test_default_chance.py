"""The true probability of default is what many futures of one world bring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scoring.simulator.default_chance import modulated_survival
from scoring.simulator.parameters import Parameters
from tests.scoring.simulator.futures import Future, live_futures, tenths

FUTURES = 3


@pytest.fixture(scope="module")
def futures() -> list[Future]:
    parameters = Parameters()
    often = replace(parameters, arrears=replace(parameters.arrears, distress_chance=0.00015))
    return live_futures(2500, 8, range(1, FUTURES + 1), often)


@pytest.mark.slow
def test_futures_share_their_past_and_nothing_else(futures: list[Future]) -> None:
    for other in futures[1:]:
        np.testing.assert_array_equal(other.score, futures[0].score)
        np.testing.assert_array_equal(other.chance, futures[0].chance)
        assert (other.has_defaulted != futures[0].has_defaulted).any()


@pytest.mark.slow
def test_as_many_default_as_the_probabilities_say(futures: list[Future]) -> None:
    """In every tenth of the population, within 3.5 standard deviations and a twentieth."""
    chance = futures[0].chance
    defaults = np.sum([future.has_defaulted for future in futures], axis=0).astype(np.float64)
    assert defaults.sum() > 150
    for expected, observed in tenths(chance * FUTURES, defaults):
        assert abs(observed - expected) < 3.5 * np.sqrt(expected) + 0.05 * expected
    top, bottom = tenths(chance * FUTURES, defaults)[-1], tenths(chance * FUTURES, defaults)[0]
    assert top[1] > 8 * max(bottom[1], 1.0)


def test_survival_with_one_hazard_is_exponential() -> None:
    rate = np.array([0.01, 0.002])
    for onset, end in ((np.zeros(2), 0.0), (np.array([0.3, 0.01]), 0.05)):
        for survival in modulated_survival(onset=onset, end=end, hazards=(rate, rate), days=50):
            np.testing.assert_allclose(survival, np.exp(-50 * rate), rtol=1e-9)


def test_survival_moves_between_the_states() -> None:
    """Against the chain stepped a thousand times a day."""
    onset, end, calm, strained, days = 0.01, 0.02, 0.001, 0.03, 40
    steps = 1000
    matrix = np.array([[-onset - calm, onset], [end, -end - strained]]) / steps
    expected = np.linalg.matrix_power(np.eye(2) + matrix, steps * days).sum(axis=1)
    found = modulated_survival(
        onset=np.array([onset]),
        end=end,
        hazards=(np.array([calm]), np.array([strained])),
        days=days,
    )
    assert [float(value[0]) for value in found] == pytest.approx(list(expected), rel=1e-4)
