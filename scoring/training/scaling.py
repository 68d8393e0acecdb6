"""From log odds to whole points, and back to the odds they stand for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.training.metrics import Floats
from scoring.training.parameters import TrainingParameters
from scoring.training.table import Int8s, Int64s
from scoring.training.weights import Weights


@dataclass(frozen=True)
class Points:
    """``base`` plus the points of each feature's group is the score before clipping."""

    base: int
    by_group: tuple[Int64s, ...]

    def totals(self, groups: Sequence[Int64s]) -> Int64s:
        """The sum for rows whose group per feature is given."""
        total = np.full(groups[0].size, self.base, np.int64)
        for points, group in zip(self.by_group, groups, strict=True):
            total += points[group]
        return total


def factor_of(pdo: int) -> float:
    """Points per unit of log odds: ``pdo / ln 2`` (Siddiqi).

    Example:
        With 20 points to double the odds 28.8539; so ln 2 more log odds earn exactly 20 points.
    """
    return pdo / math.log(2)


def own_odds(target: Int8s) -> int:
    """Good rows to one bad row, as a whole number of at least 1.

    Example:
        17,523 good and 4,977 bad rows: 3.52, so 4.
    """
    bads = int(target.sum())
    return max(1, round((target.size - bads) / bads))


def scale_weights(weights: Weights, parameters: TrainingParameters, base_odds: int) -> Points:
    """Whole points; ``base_score`` stands for ``base_odds`` good to one bad.

    Example:
        600 at 50 to 1 and 20 points to double: log odds ln 100 give 620.
    """
    factor = factor_of(parameters.pdo)
    base = parameters.base_score + factor * (weights.intercept - math.log(base_odds))
    return Points(
        base=round(base), by_group=tuple(_round(factor * part) for part in weights.by_group)
    )


def to_points(log_odds: Floats, parameters: TrainingParameters, base_odds: int) -> Int64s:
    """Whole points before clipping that stand for log odds of good.

    Example:
        600 at 50 to 1 and 20 points to double: ln 200 are 640.
    """
    doublings = (log_odds - math.log(base_odds)) / math.log(2)
    return _round(parameters.base_score + parameters.pdo * doublings)


def _round(values: Floats) -> Int64s:
    rounded: Int64s = np.rint(values).astype(np.int64)
    return rounded
