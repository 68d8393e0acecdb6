"""The probability of default that a score stands for, in exact decimals."""

from __future__ import annotations

from decimal import Context, Decimal

import numpy as np

from scoring.cards.card import Card
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
        score: _probability(fitted.intercept, fitted.slope, score)
        for score in range(limits.minimum, limits.maximum + 1)
    }


def stated_probability(card: Card, scores: Int64s) -> Floats:
    """Probability of bad per score: of the card's calibration, else what its scale implies."""
    by_score = pd_by_score(card)
    if by_score is None:
        return implied_probability(card.scale, scores)
    values: Floats = np.array([float(by_score[score]) for score in sorted(by_score)])
    return values[scores - card.score_range.minimum]


def _probability(intercept: Decimal, slope: Decimal, score: int) -> Decimal:
    bad_log_odds = _CONTEXT.add(intercept, _CONTEXT.multiply(slope, Decimal(score)))
    odds = _CONTEXT.exp(-bad_log_odds)
    return _CONTEXT.divide(Decimal(1), _CONTEXT.add(Decimal(1), odds)).quantize(_STEP)
