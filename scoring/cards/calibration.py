"""The probability of default that a score stands for, in exact decimals."""

from __future__ import annotations

from decimal import Context, Decimal

import numpy as np

from scoring.cards.card import BetaCalibration, Calibration, Card, Scale
from scoring.cards.comparison import Floats, Int64s, implied_probability

PD_DECIMALS = 6
_STEP = Decimal(1).scaleb(-PD_DECIMALS)
_CONTEXT = Context(prec=34)


def pd_by_score(card: Card) -> dict[int, Decimal] | None:
    """Score -> probability (six decimals) for every score of the card's range.

    Decimal arithmetic, so that every machine finds the same digits.

    Returns:
        None for a card without calibration.

    Example:
        With intercept 0 and slope -1 a score of 0 stands for 0.5, a score of 1 for 0.268941.
    """
    fitted = card.calibration
    if fitted is None:
        return None
    limits = card.score_range
    return {
        score: _probability(_bad_log_odds(fitted, card.scale, score))
        for score in range(limits.minimum, limits.maximum + 1)
    }


def calibration_formula(card: Card) -> str | None:
    """The formula with the card's own figures, to calculate by; None without calibration."""
    fitted = card.calibration
    if fitted is None:
        return None
    if isinstance(fitted, BetaCalibration):
        scale = card.scale
        return (
            f"pd = 1 / (1 + exp(-({fitted.intercept} + {fitted.bad_weight} * ln(q)"
            f" - {fitted.good_weight} * ln(1 - q)))) with"
            f" q = 1 / (1 + {scale.base_odds} * 2 ^ ((score - {scale.base_score}) / {scale.pdo}))"
        )
    return f"pd = 1 / (1 + exp(-({fitted.intercept} - {-fitted.slope} * score)))"


def stated_probability(card: Card, scores: Int64s) -> Floats:
    """Probability of bad per score: of the card's calibration, else what its scale implies."""
    by_score = pd_by_score(card)
    if by_score is None:
        return implied_probability(card.scale, scores)
    values: Floats = np.array([float(by_score[score]) for score in sorted(by_score)])
    return values[scores - card.score_range.minimum]


def _bad_log_odds(fitted: Calibration, scale: Scale, score: int) -> Decimal:
    if not isinstance(fitted, BetaCalibration):
        return _CONTEXT.add(fitted.intercept, _CONTEXT.multiply(fitted.slope, Decimal(score)))
    doublings = _CONTEXT.divide(Decimal(score - scale.base_score), Decimal(scale.pdo))
    odds = _CONTEXT.multiply(Decimal(scale.base_odds), _CONTEXT.power(Decimal(2), doublings))
    # ln q = -ln(1 + odds) and ln(1 - q) = ln odds - ln(1 + odds).
    whole = _CONTEXT.ln(_CONTEXT.add(Decimal(1), odds))
    of_good = _CONTEXT.subtract(whole, _CONTEXT.ln(odds))
    return _CONTEXT.add(
        fitted.intercept,
        _CONTEXT.subtract(
            _CONTEXT.multiply(fitted.good_weight, of_good),
            _CONTEXT.multiply(fitted.bad_weight, whole),
        ),
    )


def _probability(bad_log_odds: Decimal) -> Decimal:
    odds = _CONTEXT.exp(-bad_log_odds)
    return _CONTEXT.divide(Decimal(1), _CONTEXT.add(Decimal(1), odds)).quantize(_STEP)
