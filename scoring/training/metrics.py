"""How well a score separates and how true its probabilities are; exact where counts suffice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.cards.comparison import measure_separation
from scoring.training.table import Int8s, Int64s

Floats = npt.NDArray[np.float64]
_ROUNDS = 100
_SETTLED = 1e-12


@dataclass(frozen=True)
class Metrics:
    """One part of the data, judged.

    Attributes:
        part: training, held_out or out_of_time.
        rows: Rows of the part.
        bads: Bad ones.
        auc: Chance that a good row has more points than a bad one, ties half.
        ks: Largest distance of the two distributions of the score, 0 to 1.
        gini: 2 AUC - 1.
        brier: Mean squared error of the probability.
        calibration_slope: Of the outcome's log odds on the predicted log odds; 1 is right.
        calibration_intercept: The same line's intercept; 0 is right.
        observed_to_expected: Bad rows over the sum of their probabilities.
        clipped_share: Rows whose sum of points lay outside the score's range.
    """

    part: str
    rows: int
    bads: int
    auc: float
    ks: float
    gini: float
    brier: float
    calibration_slope: float
    calibration_intercept: float
    observed_to_expected: float
    clipped_share: float


def measure(part: str, score: Int64s, pd: Floats, target: Int8s, clipped_share: float) -> Metrics:
    """Every metric of one part; ``score`` more is better, ``pd`` the probability of bad."""
    separation = measure_separation(score, target == 1)
    log_odds = np.log(pd) - np.log1p(-pd)
    intercept, slope = fit_line(log_odds, target)
    return Metrics(
        part=part,
        rows=int(target.size),
        bads=int(target.sum()),
        auc=separation.auc,
        ks=separation.ks,
        gini=separation.gini,
        brier=float(np.mean((pd - target) ** 2)),
        calibration_slope=slope,
        calibration_intercept=intercept,
        observed_to_expected=float(target.sum() / pd.sum()),
        clipped_share=clipped_share,
    )


def fit_line(predictor: Floats, target: Int8s) -> tuple[float, float]:
    """Intercept and slope of a logistic regression on one predictor, by Newton's method.

    The predictor is centred and scaled for the fit; where it is constant the slope is 0.
    """
    centre, spread = float(predictor.mean()), float(predictor.std())
    rate = float(target.mean())
    level = float(np.log(rate / (1 - rate)))
    if spread < _SETTLED:
        return level, 0.0
    standard = (predictor - centre) / spread
    slope = 0.0
    for _ in range(_ROUNDS):
        chance = np.exp(-np.logaddexp(0, -(level + slope * standard)))
        error, weight = target - chance, chance * (1 - chance)
        first, second = float(error.sum()), float((error * standard).sum())
        a, b = float(weight.sum()), float((weight * standard).sum())
        c = float((weight * standard**2).sum())
        determinant = a * c - b * b
        if determinant <= 0:
            break
        step = (c * first - b * second) / determinant, (a * second - b * first) / determinant
        level, slope = level + step[0], slope + step[1]
        if max(abs(step[0]), abs(step[1])) < _SETTLED:
            break
    return level - slope * centre / spread, slope / spread
