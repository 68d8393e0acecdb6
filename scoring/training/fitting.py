"""Weights and points of the screened features, and their entries in the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.training.binning import Binning
from scoring.training.boosting import fit_boosted
from scoring.training.draft import DraftedFeature, draft_feature
from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import table_refused
from scoring.training.regression import fit_regression
from scoring.training.result import FittedFeature
from scoring.training.scaling import own_odds, scale_weights, to_points
from scoring.training.split import Split, fold_numbers, in_fixed_order, subjects_of
from scoring.training.table import Int64s, TrainingTable
from scoring.training.texts import FeatureTexts
from scoring.training.weights import DroppedFeature, TrainingRows, slope_of


@dataclass(frozen=True)
class Fit:
    """Everything fitted; per feature in one order, ``totals`` per row of the whole table.

    ``totals`` are sums of points before clipping; ``crossed`` those of ``training_rows``, each by
    weights that were fitted without it, if there are any.
    """

    rounds: int | None
    base_odds: int
    base_points: int
    totals: Int64s
    training_rows: Int64s
    crossed: Int64s | None
    entries: tuple[DraftedFeature, ...]
    features: tuple[FittedFeature, ...]
    dropped: tuple[DroppedFeature, ...]


def fit_features(
    table: TrainingTable,
    split: Split,
    binnings: Sequence[Binning],
    texts: Mapping[str, FeatureTexts],
    parameters: TrainingParameters,
) -> Fit:
    """Fit on the training rows; features whose every value earns the same leave the card.

    Raises:
        DataRefusedError: No feature earns or costs a point.
    """
    columns = {column.name: column for column in table.columns}
    rows = in_fixed_order(table, split.training)
    target = table.target[rows]
    groups = {binning.name: binning.group_of(columns[binning.name]) for binning in binnings}
    fit = fit_boosted if parameters.weights == "boosted" else fit_regression
    folds = fold_numbers(subjects_of(table, rows), parameters.folds, parameters.seed)
    inside = [groups[binning.name][rows] for binning in binnings]
    fitted = fit(binnings, TrainingRows(inside, target, folds, table.name), parameters)
    kept, weights = fitted.binnings, fitted.weights
    inside = [groups[binning.name][rows] for binning in kept]
    base_odds = parameters.base_odds or own_odds(target)
    points = scale_weights(weights, parameters, base_odds)
    entries, features, dropped = [], [], list(fitted.dropped)
    for number, binning in enumerate(kept):
        slope = slope_of(weights.by_group[number], binning, inside[number])
        earned = points.by_group[number]
        if not earned.any():
            dropped.append(DroppedFeature(binning.name, "earns no point", slope))
            continue
        entry = draft_feature(binning, weights.by_group[number], earned, texts[binning.name])
        entries.append(entry)
        features.append(_describe(binning, entry, earned, inside[number], slope))
    if not entries:
        raise table_refused(
            table.name,
            expected="a feature that earns or costs a point",
            got="none",
            next_step="Use more data, or --set weights=regression.",
        )
    return Fit(
        rounds=fitted.rounds,
        base_odds=base_odds,
        base_points=points.base,
        totals=points.totals([groups[binning.name] for binning in kept]),
        training_rows=rows,
        crossed=None
        if fitted.crossed is None
        else to_points(fitted.crossed, parameters, base_odds),
        entries=tuple(entries),
        features=tuple(features),
        dropped=tuple(dropped),
    )


def _describe(
    binning: Binning, entry: DraftedFeature, points: Int64s, groups: Int64s, slope: float
) -> FittedFeature:
    earned, evidence = points[groups], binning.woe[groups]
    agreement = float(np.corrcoef(earned, evidence)[0, 1]) if earned.any() else 0.0
    return FittedFeature(
        feature_name=binning.name,
        monotone=entry.monotone,
        iv=binning.iv,
        slope=slope,
        agreement=agreement,
        bins=entry.bins,
    )
