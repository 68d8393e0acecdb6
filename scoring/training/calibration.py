"""What the score means as a probability, fitted on rows that the points have not seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scoring.training.extras import require_library
from scoring.training.metrics import Floats, fit_line
from scoring.training.refusals import table_refused
from scoring.training.table import Int8s, Int64s

_DECIMALS = 12
_CHANCE = 3.841
"""95 % quantile of chi-squared with one degree of freedom (Wilks, 1938)."""
_TWO_SIDED = 1.96
_ROUNDS = 1_000
_SETTLED = 1e-12


@dataclass(frozen=True)
class OddsScale:
    """``base_score`` points stand for ``base_odds`` good to one bad; ``pdo`` points double them."""

    base_score: int
    base_odds: int
    pdo: int

    def log_odds(self, score: Int64s) -> Floats:
        """Log odds of good that scores stand for."""
        doublings = (score - self.base_score) / self.pdo
        return np.asarray(np.log(self.base_odds) + doublings * np.log(2), np.float64)


@dataclass(frozen=True)
class FittedCalibration:
    """What was fitted.

    Attributes:
        entry: The card's ``calibration``.
        error_points: Half of the 95 % interval of the calibrated log odds, in whole points of the
            scale, rounded up; where it is widest between the 5th and the 95th percentile of the
            part's scores.
    """

    entry: Mapping[str, object]
    error_points: int


def fit_calibration(
    score: Int64s, target: Int8s, scale: OddsScale, part: str, outcome: str, table_name: str
) -> FittedCalibration:
    """What a score means: logistic in the published score, or beta where the odds bend.

    The logistic formula is the beta formula with equal weights; the beta formula is taken if the
    likelihood-ratio test says at 5 % that they differ and both weights let risk fall with points.

    Args:
        score: Published scores of the part.
        target: 1 bad, 0 good.
        scale: Of the card.
        part: What the part is called.
        outcome: What the probability is of.
        table_name: What a message calls the data.

    Raises:
        DataRefusedError: More points do not mean less risk there.
    """
    intercept, slope = fit_line(score.astype(np.float64), target)
    if slope >= 0:
        raise table_refused(
            f"{table_name} at its {part} part",
            expected="less risk with more points",
            got=f"{slope:+.6f} log odds of bad per point",
            next_step="Look for a target that means the opposite, or use more data.",
        )
    formula: dict[str, object] = {
        "method": "logistic",
        "intercept": _write(intercept),
        "slope": _write(slope),
    }
    known = np.column_stack([np.ones(score.size), score])
    log_odds: Floats = known @ np.array([intercept, slope])
    bent = _fit_beta(score, target, scale)
    gain = _loss(log_odds, target) - _loss(bent.log_odds, target)
    if min(bent.bad_weight, bent.good_weight) > 0 and 2 * gain > _CHANCE:
        formula = {
            "method": "beta",
            "intercept": _write(bent.intercept),
            "bad_weight": _write(bent.bad_weight),
            "good_weight": _write(bent.good_weight),
        }
        known, log_odds = bent.known, bent.log_odds
    entry = {
        **formula,
        "fitted_on": part,
        "rows": int(target.size),
        "bads": int(target.sum()),
        "outcome": outcome,
    }
    return FittedCalibration(entry, _error_points(score, known, log_odds, scale))


@dataclass(frozen=True)
class _Beta:
    intercept: float
    bad_weight: float
    good_weight: float
    known: Floats
    log_odds: Floats


def _fit_beta(score: Int64s, target: Int8s, scale: OddsScale) -> _Beta:
    """Kull, Silva Filho and Flach (2017), over the probability of bad that the scale implies."""
    odds = scale.log_odds(score)
    terms = np.column_stack([-np.logaddexp(0, odds), np.logaddexp(0, -odds)])
    spread = np.maximum(terms.std(axis=0), _SETTLED)
    known = np.column_stack([np.ones(score.size), terms / spread])
    signs = np.where(target == 1, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        surprise = -signs * (known @ weights)
        by_row = -signs * np.exp(-np.logaddexp(0, -surprise))
        return float(np.logaddexp(0, surprise).sum()), by_row @ known

    found = require_library("scipy.optimize").minimize(
        loss,
        np.array([0.0, 1.0, 1.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), (0.0, None), (0.0, None)],
        options={"maxiter": _ROUNDS, "maxfun": _ROUNDS, "ftol": 1e-14, "gtol": 1e-7},
    )
    bad_weight, good_weight = found.x[1:] / spread
    return _Beta(
        float(found.x[0]),
        float(bad_weight),
        float(good_weight),
        known,
        np.asarray(known @ found.x),
    )


def _error_points(score: Int64s, known: Floats, log_odds: Floats, scale: OddsScale) -> int:
    """From the inverse of Fisher's information of the formula's parameters."""
    chance = np.exp(-np.logaddexp(0, -log_odds))
    centred = known / np.maximum(np.abs(known).max(axis=0), _SETTLED)
    information = centred.T @ (centred * (chance * (1 - chance))[:, None])
    low, high = np.quantile(score, [0.05, 0.95])
    seen = centred[(score >= low) & (score <= high)]
    variance = np.einsum("ij,jk,ik->i", seen, np.linalg.pinv(information), seen)
    half = _TWO_SIDED * math.sqrt(max(float(variance.max()), 0.0))
    return math.ceil(half * scale.pdo / math.log(2))


def _loss(log_odds: Floats, target: Int8s) -> float:
    """Negative log likelihood of outcomes with these log odds of bad."""
    return float(np.logaddexp(0, np.where(target == 1, -log_odds, log_odds)).sum())


def _write(value: float) -> str:
    text = format(Decimal(repr(value)).quantize(Decimal(1).scaleb(-_DECIMALS)), "f")
    return text.rstrip("0").rstrip(".")
