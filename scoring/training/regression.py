"""Logistic regression on weights of evidence, every coefficient of the right sign."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.training.binning import Binning
from scoring.training.extras import require_library
from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import no_feature_left
from scoring.training.table import Int8s
from scoring.training.weights import (
    DroppedFeature,
    FittedWeights,
    Floats,
    TrainingRows,
    Weights,
    centre,
    most_features,
)


def fit_regression(
    binnings: Sequence[Binning], rows: TrainingRows, parameters: TrainingParameters
) -> FittedWeights:
    """Log odds of good = intercept + sum of coefficient * weight of evidence.

    Fitted again without the most negative coefficient until none is left: it would reward what the
    feature's own bins call worse; it comes from correlated features and nobody could explain it.
    Then the weakest go until no more are left than may stay.

    Args:
        binnings: The screened features.
        rows: The training rows.
        parameters: Gives the penalty and how many features may stay.

    Raises:
        DataRefusedError: No feature is left.
    """
    groups, target = rows.groups, rows.target
    left = list(range(len(binnings)))
    most = most_features(target, parameters)
    evidence = [binning.woe[group] for binning, group in zip(binnings, groups, strict=True)]
    dropped: list[DroppedFeature] = []
    while left:
        chosen = np.column_stack([evidence[i] for i in left])
        intercept, coefficients = _fit(chosen, target, parameters.ridge)
        worst = int(np.argmin(coefficients))
        if coefficients[worst] <= 0:
            rule = "wrong sign"
        elif len(left) > most:
            reaches = [c * evidence[i].std() for c, i in zip(coefficients, left, strict=True)]
            worst = int(np.argmin(reaches))
            rule = "weakest of too many"
        else:
            kept = tuple(binnings[i] for i in left)
            by_group = tuple(c * each.woe for c, each in zip(coefficients, kept, strict=True))
            weights = centre(Weights(intercept, by_group), kept, [groups[i] for i in left])
            return FittedWeights(kept, weights, tuple(dropped), None, None)
        name = binnings[left.pop(worst)].name
        dropped.append(DroppedFeature(name, rule, float(coefficients[worst])))
    raise no_feature_left(rows.table_name, binnings)


def _fit(weights: Floats, target: Int8s, ridge: float) -> tuple[float, Floats]:
    library = require_library("sklearn.linear_model")
    model = library.LogisticRegression(
        C=1 / ridge, solver="newton-cholesky", tol=1e-10, max_iter=200
    )
    model.fit(weights, 1 - target.astype(np.int64))
    return float(model.intercept_[0]), np.asarray(model.coef_[0], np.float64)
