"""What each group of bins adds to the log odds of good, however it was fitted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.training.binning import Binning
from scoring.training.parameters import TrainingParameters
from scoring.training.table import Int8s, Int64s

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrainingRows:
    """What the weights are fitted to.

    Attributes:
        groups: Group of every training row, per screened feature.
        target: 1 bad, 0 good.
        folds: Fold of every row; one subject is in one fold.
        table_name: What a message calls the data.
    """

    groups: Sequence[Int64s]
    target: Int8s
    folds: Int64s
    table_name: str


@dataclass(frozen=True)
class Weights:
    """Log odds of good = ``intercept`` + the weight of each feature's group; one array each."""

    intercept: float
    by_group: tuple[Floats, ...]


@dataclass(frozen=True)
class DroppedFeature:
    """A feature that the fit gave up, with the slope (see ``slope_of``) it had then."""

    feature_name: str
    rule: str
    slope: float


@dataclass(frozen=True)
class FittedWeights:
    """The features that stayed, in the order of their weights.

    Attributes:
        binnings: Their bins.
        weights: Of all training rows.
        dropped: Features that did not stay.
        rounds: Number of steps of the boosting, None where there was none.
        crossed: Log odds of good of every training row by weights that were fitted without it,
            None where there are none.
    """

    binnings: tuple[Binning, ...]
    weights: Weights
    dropped: tuple[DroppedFeature, ...]
    rounds: int | None
    crossed: Floats | None


def most_features(target: Int8s, parameters: TrainingParameters) -> int:
    """How many features the bad training rows (``target`` 1) can carry; at least 1."""
    by_bads = parameters.features_per_root_bad * math.sqrt(target.sum())
    return max(1, min(parameters.maximum_features, int(by_bads)))


def centre(weights: Weights, binnings: Sequence[Binning], groups: Sequence[Int64s]) -> Weights:
    """Each feature's mean over the rows becomes 0, and groups that nothing is told of get it."""
    intercept, parts = weights.intercept, []
    for part, binning, group in zip(weights.by_group, binnings, groups, strict=True):
        mean = float(part[group].mean())
        intercept += mean
        parts.append(np.where(binning.is_told, part - mean, 0.0))
    return Weights(intercept, tuple(parts))


def slope_of(weights: Floats, binning: Binning, group: Int64s) -> float:
    """Least-squares slope of a feature's weights on its weights of evidence over the rows.

    1 is the feature taken by itself, less what other features say already. With weights that are a
    coefficient times the weight of evidence it is that coefficient.
    """
    evidence = binning.woe[group]
    spread = evidence - evidence.mean()
    square = float(spread @ spread)
    return float(spread @ weights[group]) / square if square > 0 else 0.0
