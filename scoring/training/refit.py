"""The bins' weights fitted together: an additive model, smooth and within declared directions.

A coefficient can only stretch a feature's weights of evidence; what the other features already say
bends them too. So every bin's weight is fitted again, with all features at once, by minimising

    log loss + ½ smoothing * Σ (step between neighbouring bins)² + ½ Σ (anchor - its start)²

The anchors are the first bin and the missing and special groups of each feature; they start from
the regression. Steps of a monotone feature keep their sign. The problem is convex: one solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.training.binning import Binning
from scoring.training.extras import require_library
from scoring.training.metrics import Floats
from scoring.training.parameters import TrainingParameters
from scoring.training.regression import Regression
from scoring.training.split import fold_numbers
from scoring.training.table import Int8s, Int64s

_ANCHOR_PENALTY = 1.0
_ROUNDS = 2_000


@dataclass(frozen=True)
class Weights:
    """Log odds of good = ``intercept`` + the weight of each feature's group.

    ``by_group`` has one array per feature; ``smoothing`` is None where nothing was fitted again.
    """

    intercept: float
    by_group: tuple[Floats, ...]
    smoothing: float | None

    def log_odds(self, groups: Sequence[Int64s]) -> Floats:
        """Log odds of good of rows whose group per feature is given."""
        total = np.full(groups[0].size, self.intercept)
        for weights, group in zip(self.by_group, groups, strict=True):
            total += weights[group]
        return total


def weigh_bins(
    regression: Regression,
    groups: Sequence[Int64s],
    target: Int8s,
    parameters: TrainingParameters,
) -> Weights:
    """The weights of all bins over the training rows, centred: each feature's mean there is 0."""
    start = Weights(
        regression.intercept,
        tuple(
            coefficient * binning.woe
            for coefficient, binning in zip(
                regression.coefficients, regression.binnings, strict=True
            )
        ),
        None,
    )
    if not parameters.refit:
        return _centre(start, regression.binnings, groups)
    smoothing = _choose_smoothing(start, regression.binnings, groups, target, parameters)
    fitted = _refit(start, regression.binnings, groups, target, smoothing)
    return _centre(fitted, regression.binnings, groups)


def _choose_smoothing(
    start: Weights,
    binnings: Sequence[Binning],
    groups: Sequence[Int64s],
    target: Int8s,
    parameters: TrainingParameters,
) -> float:
    if len(parameters.smoothing) == 1:
        return parameters.smoothing[0]
    folds = fold_numbers(target.size, parameters.folds, parameters.seed)
    losses = []
    for smoothing in parameters.smoothing:
        loss = 0.0
        for fold in range(parameters.folds):
            is_out = folds == fold
            inside = [group[~is_out] for group in groups]
            fitted = _refit(start, binnings, inside, target[~is_out], smoothing)
            odds = fitted.log_odds([group[is_out] for group in groups])
            signs = np.where(target[is_out] == 1, 1.0, -1.0)
            loss += float(np.logaddexp(0, signs * odds).sum())
        losses.append(loss)
    return parameters.smoothing[int(np.argmin(losses))]


class _Layout:
    """Where each feature's numbers stand in the flat vectors of groups and of parameters.

    Parameters per feature: first bin, steps, then the other groups. Weights are linear in them.
    """

    def __init__(self, binnings: Sequence[Binning], start: Weights) -> None:
        sizes = [binning.group_count for binning in binnings]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)])
        self.ordinary = [binning.ordinary for binning in binnings]
        total = int(self.offsets[-1])
        self.target = np.concatenate(start.by_group)
        self.is_step = np.zeros(total, np.bool_)
        lower, upper = np.full(total, -np.inf), np.full(total, np.inf)
        for number, binning in enumerate(binnings):
            first = int(self.offsets[number])
            steps = slice(first + 1, first + binning.ordinary)
            self.is_step[steps] = True
            if binning.monotone == "increasing":
                lower[steps] = 0.0
            elif binning.monotone == "decreasing":
                upper[steps] = 0.0
            untold = first + np.flatnonzero(~binning.is_told)
            lower[untold] = upper[untold] = self.target[untold]
        self.bounds = list(zip(lower, upper, strict=True))

    def to_parameters(self, weights: Floats) -> Floats:
        parameters = weights.copy()
        for first, count in zip(self.offsets[:-1], self.ordinary, strict=True):
            part = slice(first, first + count)
            parameters[part] = np.diff(weights[part], prepend=0.0)
        return parameters

    def to_weights(self, parameters: Floats) -> Floats:
        weights = parameters.copy()
        for first, count in zip(self.offsets[:-1], self.ordinary, strict=True):
            part = slice(first, first + count)
            weights[part] = np.cumsum(parameters[part])
        return weights

    def to_gradient(self, by_weight: Floats) -> Floats:
        gradient = by_weight.copy()
        for first, count in zip(self.offsets[:-1], self.ordinary, strict=True):
            part = slice(first, first + count)
            gradient[part] = np.cumsum(by_weight[part][::-1])[::-1]
        return gradient


def _refit(
    start: Weights,
    binnings: Sequence[Binning],
    groups: Sequence[Int64s],
    target: Int8s,
    smoothing: float,
) -> Weights:
    library = require_library("scipy.optimize")
    layout = _Layout(binnings, start)
    flat = np.stack([g + o for g, o in zip(groups, layout.offsets[:-1], strict=True)])
    signs = np.where(target == 1, 1.0, -1.0)
    origin = np.concatenate([[start.intercept], layout.to_parameters(layout.target)])
    centre = np.where(layout.is_step, 0.0, origin[1:])
    penalty = np.where(layout.is_step, smoothing, _ANCHOR_PENALTY)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights = layout.to_weights(parameters[1:])
        exponent = signs * (parameters[0] + weights[flat].sum(axis=0))
        by_row = signs / (1 + np.exp(-exponent))
        spread = np.broadcast_to(by_row, flat.shape).ravel()
        summed = np.bincount(flat.ravel(), weights=spread, minlength=weights.size)
        by_weight = summed.astype(np.float64, copy=False)
        away = parameters[1:] - centre
        value = float(np.logaddexp(0, exponent).sum() + 0.5 * (penalty * away**2).sum())
        gradient = layout.to_gradient(by_weight) + penalty * away
        return value, np.concatenate([[by_row.sum()], gradient])

    found = library.minimize(
        loss,
        origin,
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *layout.bounds],
        options={"maxiter": _ROUNDS, "maxfun": _ROUNDS, "ftol": 1e-12, "gtol": 1e-5, "maxcor": 30},
    )
    weights = layout.to_weights(np.asarray(found.x[1:]))
    parts = np.split(weights, layout.offsets[1:-1])
    return Weights(float(found.x[0]), tuple(parts), smoothing)


def _centre(weights: Weights, binnings: Sequence[Binning], groups: Sequence[Int64s]) -> Weights:
    """Each feature's mean over the rows becomes 0, and groups that nothing is told of get it."""
    intercept, parts = weights.intercept, []
    for part, binning, group in zip(weights.by_group, binnings, groups, strict=True):
        mean = float(part[group].mean())
        intercept += mean
        parts.append(np.where(binning.is_told, part - mean, 0.0))
    return Weights(intercept, tuple(parts), weights.smoothing)
