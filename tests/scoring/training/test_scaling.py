from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from scoring.cards.comparison import measure_separation
from scoring.training.calibration import OddsScale, fit_calibration
from scoring.training.metrics import Floats, fit_line
from scoring.training.parameters import TrainingParameters
from scoring.training.scaling import factor_of, own_odds, scale_weights
from scoring.training.screening import psi_of
from scoring.training.table import Int8s, Int64s
from scoring.training.weights import Weights

SCALE = OddsScale(base_score=600, base_odds=15, pdo=50)


def test_points_to_double_the_odds_double_them() -> None:
    """600 points at 50 to 1, 20 points double: the textbook card."""
    parameters = TrainingParameters(base_score=600, pdo=20)
    weights = Weights(math.log(50), (np.array([0.0, math.log(2), math.log(4)]),))
    points = scale_weights(weights, parameters, 50)
    assert points.base == 600
    assert points.by_group[0].tolist() == [0, 20, 40]
    assert factor_of(20) == pytest.approx(28.8539, abs=1e-4)


def test_score_stands_for_its_odds() -> None:
    """At 15 to 1 and 50 points: 650 is 30 to 1, 550 is 7.5 to 1."""
    parameters = TrainingParameters(base_score=600, pdo=50)
    for odds, score in ((15, 600), (30, 650), (7.5, 550), (60, 700)):
        weights = Weights(math.log(odds), ())
        assert scale_weights(weights, parameters, 15).base == score


def test_own_odds_are_whole_and_at_least_one() -> None:
    assert own_odds(np.array([0, 0, 0, 0, 0, 0, 0, 1, 1], np.int8)) == 4
    assert own_odds(np.array([0, 1, 1, 1, 1], np.int8)) == 1


def test_auc_counts_pairs() -> None:
    score = np.array([1, 2, 2, 3])
    is_bad = np.array([True, True, False, False])
    assert measure_separation(score, is_bad).auc == 0.875
    assert measure_separation(score, ~is_bad).auc == 0.125
    assert measure_separation(score, is_bad).ks == 0.5


def test_psi_is_the_textbook_sum() -> None:
    expected = 0.1 * math.log(1.2) - 0.1 * math.log(0.8)
    assert psi_of(np.array([50, 50]), np.array([60, 40])) == pytest.approx(expected)


def test_line_through_two_rates_is_exact() -> None:
    """1 in 4 bad at 0 and 3 in 4 at 1: log odds -ln 3 and ln 3."""
    predictor = np.array([0.0] * 4 + [1.0] * 4)
    intercept, slope = fit_line(predictor, np.array([1, 0, 0, 0, 1, 1, 1, 0], np.int8))
    assert intercept == pytest.approx(-math.log(3))
    assert slope == pytest.approx(2 * math.log(3))


def test_calibration_is_written_as_exact_decimals() -> None:
    score = np.array([600] * 4 + [500] * 4)
    fitted = fit_calibration(
        score, np.array([1, 0, 0, 0, 1, 1, 1, 0], np.int8), SCALE, "held_out", "y", "made"
    ).entry
    assert fitted["slope"] == f"{-2 * math.log(3) / 100:.12f}".rstrip("0")
    assert (fitted["rows"], fitted["bads"], fitted["fitted_on"]) == (8, 4, "held_out")


def test_straight_odds_are_calibrated_by_the_logistic_formula() -> None:
    """Drawn from the scale's own odds, halved: nothing bends."""
    score, pd = _scores_and(lambda odds: odds / 2)
    fitted = fit_calibration(score, _draw(pd), SCALE, "held_out", "y", "made").entry
    assert fitted["method"] == "logistic"


def test_bent_odds_are_calibrated_by_the_beta_formula() -> None:
    """Among the safe a point is worth half of what the scale says, among the risky all of it."""
    bad_weight, good_weight, intercept = 0.5, 1.0, -1.0
    score, pd = _scores_and(
        lambda odds: np.exp(
            -(
                intercept
                - bad_weight * np.log1p(odds)
                + good_weight * (np.log1p(odds) - np.log(odds))
            )
        )
    )
    fitted = fit_calibration(score, _draw(pd), SCALE, "held_out", "y", "made").entry
    assert fitted["method"] == "beta"
    assert float(str(fitted["bad_weight"])) == pytest.approx(bad_weight, abs=0.05)
    assert float(str(fitted["good_weight"])) == pytest.approx(good_weight, abs=0.15)
    assert float(str(fitted["intercept"])) == pytest.approx(intercept, abs=0.15)


def test_error_of_a_calibration_is_that_of_a_share() -> None:
    """Two scores, 100 rows each, a fifth and a half bad: the textbook error of log odds.

    ``1.96 sqrt(1 / (n p (1 - p)))`` is 0.49 for a fifth and 0.392 for a half; 50 points are ln 2.
    """
    score = np.repeat([700, 600], 100)
    target = np.concatenate([np.arange(100) < 20, np.arange(100) < 50]).astype(np.int8)
    fitted = fit_calibration(score, target, SCALE, "held_out", "y", "made")
    assert fitted.error_points == math.ceil(1.96 / math.sqrt(100 * 0.2 * 0.8) * 50 / math.log(2))


def _scores_and(good_to_bad: Callable[[Floats], Floats]) -> tuple[Int64s, Floats]:
    """200,000 scores, and the probabilities of odds that are a function of the scale's."""
    score = np.random.default_rng(3).integers(400, 900, 200_000)
    return score, 1 / (1 + good_to_bad(np.exp(SCALE.log_odds(score))))


def _draw(pd: Floats) -> Int8s:
    return (np.random.default_rng(4).random(pd.size) < pd).astype(np.int8)
