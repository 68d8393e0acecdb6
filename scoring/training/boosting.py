"""Weights of all bins together: an additive logistic model, fitted in many small steps.

Each step splits one feature between two of its bins and moves the log odds on both sides a little
(componentwise gradient boosting, Bühlmann and Hothorn, 2007, over random parts of the rows and
features, Friedman, 2002). Stopped early, steps that say the same share what they say, and a feature
that says nothing new gets none. A feature whose evidence rises or falls keeps that direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.training.binning import Binning
from scoring.training.extras import require_library
from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import no_feature_left
from scoring.training.table import Int64s
from scoring.training.weights import (
    DroppedFeature,
    FittedWeights,
    TrainingRows,
    Weights,
    centre,
    most_features,
    slope_of,
)

Cells = npt.NDArray[np.float32]

_MOST_ROUNDS, _PATIENCE = 3_000, 50
_LEAF_ROWS, _LEAF_SHARE = 50, 0.05
_SETTINGS = {
    "objective": "binary",
    "max_depth": 1,
    "num_leaves": 2,
    "lambda_l2": 5.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "min_data_in_bin": 1,
    "feature_pre_filter": False,
    "boost_from_average": True,
    # The same sums in the same order, wherever it runs.
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
_CONSTRAINT = {"increasing": 1, "decreasing": -1, "none": 0}


def fit_boosted(
    binnings: Sequence[Binning], rows: TrainingRows, parameters: TrainingParameters
) -> FittedWeights:
    """Boost, keep the features whose weights differ most between the rows, and boost those again.

    Args:
        binnings: The screened features.
        rows: The training rows.
        parameters: Gives the length of a step, and how many features may stay.

    Raises:
        DataRefusedError: No feature is left.
    """
    if not binnings:
        raise no_feature_left(rows.table_name, binnings)
    groups = list(rows.groups)
    most = most_features(rows.target, parameters)
    everything = list(range(len(binnings)))
    fitted, dropped = _boost(binnings, groups, rows, parameters), []
    if len(binnings) > most:
        reaches = [_reach(fitted, number, groups[number]) for number in everything]
        strongest = sorted(everything, key=lambda number: (-reaches[number], number))
        for number in strongest[most:]:
            slope = slope_of(fitted.weights[number], binnings[number], groups[number])
            rule = "weakest of too many" if reaches[number] > 0 else "adds nothing to the others"
            dropped.append(DroppedFeature(binnings[number].name, rule, slope))
        everything = sorted(strongest[:most])
        binnings = [binnings[number] for number in everything]
        groups = [groups[number] for number in everything]
        fitted = _boost(binnings, groups, rows, parameters)
    weights = centre(Weights(fitted.intercept, fitted.weights), binnings, groups)
    return FittedWeights(tuple(binnings), weights, tuple(dropped), fitted.rounds, fitted.crossed)


@dataclass(frozen=True)
class _Boosted:
    intercept: float
    weights: tuple[npt.NDArray[np.float64], ...]
    rounds: int
    crossed: npt.NDArray[np.float64]


def _reach(fitted: _Boosted, number: int, group: Int64s) -> float:
    """Standard deviation of a feature's weight over the rows."""
    return float(fitted.weights[number][group].std())


def _boost(
    binnings: Sequence[Binning],
    groups: Sequence[Int64s],
    rows: TrainingRows,
    parameters: TrainingParameters,
) -> _Boosted:
    """The mean of the folds' models, all stopped where their left-out rows together say so."""
    library = require_library("lightgbm")
    layout = _Layout(binnings)
    target = rows.target
    parts = [
        (np.flatnonzero(rows.folds != number), np.flatnonzero(rows.folds == number))
        for number in np.unique(rows.folds)
    ]
    settings = _SETTINGS | {
        "learning_rate": parameters.learning_rate,
        "min_data_in_leaf": min(_LEAF_ROWS, int(_LEAF_SHARE * target.size)),
        "seed": parameters.seed,
        "monotone_constraints": layout.constraints,
    }
    cells = layout.cells(groups)
    found = library.cv(
        settings,
        library.Dataset(cells, 1 - target.astype(np.int64)),
        num_boost_round=_MOST_ROUNDS,
        folds=parts,
        metrics="binary_logloss",
        callbacks=[library.early_stopping(_PATIENCE, verbose=False)],
        return_cvbooster=True,
    )
    rounds = len(found["valid binary_logloss-mean"])
    probes, crossed = layout.probes(), np.empty(target.size)
    by_fold = []
    for model, (_, left_out) in zip(found["cvbooster"].boosters, parts, strict=True):
        by_fold.append(model.predict(probes, raw_score=True, num_iteration=rounds))
        crossed[left_out] = model.predict(cells[left_out], raw_score=True, num_iteration=rounds)
    odds = np.mean(by_fold, axis=0)
    return _Boosted(float(odds[0]), layout.weights(odds), rounds, crossed)


class _Layout:
    """How groups become numbers that a step can split.

    A feature is one column, the number of its ordinary group or nothing, and one more for each
    special value, 1 or 0. "Missing" is nothing and no special value.
    """

    def __init__(self, binnings: Sequence[Binning]) -> None:
        self._binnings = binnings
        self._specials = [each.group_count - 1 - each.ordinary for each in binnings]
        self.constraints: list[int] = []
        for binning, specials in zip(binnings, self._specials, strict=True):
            self.constraints += [_CONSTRAINT[binning.monotone], *[0] * specials]

    def cells(self, groups: Sequence[Int64s]) -> Cells:
        """One row per row, from the group of every row per feature."""
        return np.column_stack(
            [self._columns(number, group.astype(np.float32)) for number, group in enumerate(groups)]
        )

    def probes(self) -> Cells:
        """One row with every feature in its first group, then each feature in each group."""
        rows = [np.zeros(len(self._binnings), np.int64)]
        for number, binning in enumerate(self._binnings):
            for group in range(binning.group_count):
                row = rows[0].copy()
                row[number] = group
                rows.append(row)
        return self.cells(list(np.array(rows).T))

    def weights(self, odds: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
        """Weight of each group above the first, per feature, from the log odds of the probes."""
        sizes = np.cumsum([binning.group_count for binning in self._binnings])
        return tuple(np.split(odds[1:] - odds[0], sizes[:-1]))

    def _columns(self, number: int, group: Cells) -> Cells:
        ordinary = self._binnings[number].ordinary
        specials = ordinary + np.arange(self._specials[number])
        value = np.where(group < ordinary, group, np.nan)
        return np.column_stack([value, (group[:, None] == specials).astype(np.float32)])
