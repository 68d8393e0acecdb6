"""Logistic regression on weights of evidence, every coefficient of the right sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.training.binning import Binning
from scoring.training.extras import require_library
from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import table_refused
from scoring.training.table import Int8s, Int64s

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DroppedFeature:
    """A feature that the regression gave up, with the coefficient it had then."""

    feature_name: str
    rule: str
    coefficient: float


@dataclass(frozen=True)
class Regression:
    """Log odds of good = ``intercept`` + sum of coefficient * weight of evidence.

    Attributes:
        binnings: The features that stayed, in the order of ``coefficients``.
        intercept: Near the log odds of all training rows.
        coefficients: None negative; 1 would be the feature taken by itself.
        dropped: In the order in which they went.
    """

    binnings: tuple[Binning, ...]
    intercept: float
    coefficients: Floats
    dropped: tuple[DroppedFeature, ...]


def fit_regression(
    binnings: Sequence[Binning],
    groups: Sequence[Int64s],
    target: Int8s,
    parameters: TrainingParameters,
    table_name: str,
) -> Regression:
    """Fit, and refit without the most negative coefficient until none is left.

    A negative coefficient would reward what the feature's own bins call worse: it comes from
    correlated features and nobody could explain it. A feature whose bins turn (neither rising nor
    falling) has no sign to keep when its bins are weighed again; it stays, with at least 0.

    Args:
        binnings: The screened features.
        groups: Group of every training row, per feature.
        target: 1 bad, 0 good, per training row.
        parameters: Gives the penalty and how many features may stay.
        table_name: What a message calls the data.

    Raises:
        DataRefusedError: No feature is left.
    """
    left = list(range(len(binnings)))
    by_bads = parameters.features_per_root_bad * math.sqrt(target.sum())
    most = min(parameters.maximum_features, int(by_bads))
    weights = [binning.woe[group] for binning, group in zip(binnings, groups, strict=True)]
    dropped: list[DroppedFeature] = []
    while left:
        chosen = np.column_stack([weights[i] for i in left])
        intercept, coefficients = _fit(chosen, target, parameters.ridge)
        has_sign = [not parameters.refit or binnings[i].monotone != "none" for i in left]
        worst = int(np.argmin(np.where(has_sign, coefficients, np.inf)))
        if has_sign[worst] and coefficients[worst] <= 0:
            rule = "wrong sign"
        elif len(left) > max(most, 1):
            reaches = [abs(c) * weights[i].std() for c, i in zip(coefficients, left, strict=True)]
            worst = int(np.argmin(reaches))
            rule = "weakest of too many"
        else:
            kept = tuple(binnings[i] for i in left)
            return Regression(kept, intercept, np.maximum(coefficients, 0.0), tuple(dropped))
        name = binnings[left.pop(worst)].name
        dropped.append(DroppedFeature(name, rule, float(coefficients[worst])))
    raise table_refused(
        table_name,
        expected="at least one feature that separates good from bad",
        got=f"none of {len(binnings)} screened ones",
        next_step="Add features, or lower minimum_iv.",
    )


def _fit(weights: Floats, target: Int8s, ridge: float) -> tuple[float, Floats]:
    library = require_library("sklearn.linear_model")
    model = library.LogisticRegression(
        C=1 / ridge, solver="newton-cholesky", tol=1e-10, max_iter=200
    )
    model.fit(weights, 1 - target.astype(np.int64))
    return float(model.intercept_[0]), np.asarray(model.coef_[0], np.float64)
