"""Which candidates stay, and the rule by which each of the others went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.cards.comparison import measure_separation
from scoring.training.binning import Binning, Direction, bin_column
from scoring.training.parameters import TrainingParameters
from scoring.training.split import Split, fold_numbers, subjects_of
from scoring.training.table import Column, Int8s, Int64s, TrainingTable

_PSI_FLOOR = 1e-4


@dataclass(frozen=True)
class ScreenedFeature:
    """One candidate and its fate; figures are None where they could not be had.

    Attributes:
        feature_name: The candidate.
        is_kept: Whether it goes on to the regression.
        rule: The rule that screened it out, or "kept".
        detail: The figures of the rule in words.
        missing_share: Of the training rows, 0 to 1.
        iv: Information value over the training rows.
        auc: Of the feature alone over the training rows, 0.5 to 1: by its values' order where it
            has one, or by its bins, whichever separates better. A leak shows here even when no bins
            could be made.
        psi: Largest population stability index between training and a kept part.
    """

    feature_name: str
    is_kept: bool
    rule: str
    detail: str
    missing_share: float | None = None
    iv: float | None = None
    auc: float | None = None
    psi: float | None = None


def screen_features(
    table: TrainingTable,
    split: Split,
    parameters: TrainingParameters,
    directions: Mapping[str, Direction],
) -> tuple[list[ScreenedFeature], list[Binning]]:
    """Bin every candidate on the training rows and drop those that cannot serve.

    In this order: not a number or excluded, all missing, missing too often, constant, no cut that
    separates, too little information, unstable, only by chance, and at last those that repeat a
    stronger one.

    Returns:
        Every candidate's fate in the table's order, and the bins of those kept, strongest first.
    """
    fates = {
        name: ScreenedFeature(name, False, "no candidate", why)
        for name, why in table.put_aside.items()
    }
    binnings: list[Binning] = []
    halves = fold_numbers(subjects_of(table, split.training), 2, parameters.seed)
    for column in table.columns:
        fate, binning = _screen_alone(column, table, split, halves, parameters, directions)
        fates[column.name] = fate
        if binning is not None and fate.is_kept:
            binnings.append(binning)
    binnings.sort(key=lambda binning: (-binning.iv, binning.name))
    kept = _drop_repeats(binnings, table, split, parameters, fates)
    return list(fates.values()), kept


def psi_of(expected: npt.NDArray[np.int64], actual: npt.NDArray[np.int64]) -> float:
    """Population stability index between counts per group.

    ``sum((a - e) * ln(a / e))`` over the shares of the groups; a share of 0 counts as 0.0001.

    Example:
        Counts (50, 50) and (60, 40): 0.1 * ln(1.2) - 0.1 * ln(0.8) = 0.0405.
    """
    before = np.maximum(expected / max(expected.sum(), 1), _PSI_FLOOR)
    after = np.maximum(actual / max(actual.sum(), 1), _PSI_FLOOR)
    return float(((after - before) * np.log(after / before)).sum())


def _screen_alone(
    column: Column,
    table: TrainingTable,
    split: Split,
    halves: Int64s,
    parameters: TrainingParameters,
    directions: Mapping[str, Direction],
) -> tuple[ScreenedFeature, Binning | None]:
    rows = split.training
    missing = column.missing[rows]
    share = float(missing.mean())
    values = column.millionths[rows][~missing]

    auc = _auc_of_order(values, table.target[rows][~missing])

    def out(rule: str, detail: str) -> tuple[ScreenedFeature, None]:
        return ScreenedFeature(column.name, False, rule, detail, share, auc=auc), None

    if values.size == 0:
        return out("all missing", "no value in the training rows")
    if share > parameters.maximum_missing_share:
        return out("missing too often", f"{share:.1%} > {parameters.maximum_missing_share:.1%}")
    if values.min() == values.max() and not missing.any():
        return out("constant", "one value in the training rows")
    direction = directions.get(column.name, "neutral")
    binning = bin_column(column, table.target, rows, parameters, direction)
    if binning is None:
        return out("no cut separates", f"declared direction: {direction}")
    by_bins = _auc(binning.woe[binning.group_of(column)][rows], table.target[rows])
    auc = max(by_bins, auc or 0)
    psi = max(
        psi_of(binning.goods + binning.bads, _counts(binning, column, other))
        for name, other in split.parts().items()
        if name != "training"
    )
    rule, detail, is_kept = "kept", "", True
    if binning.iv < parameters.minimum_iv:
        rule, is_kept = "little information", False
        detail = f"information value {binning.iv:.4f} < {parameters.minimum_iv}"
    elif psi > parameters.maximum_psi:
        rule, is_kept = "unstable", False
        detail = f"stability index {psi:.4f} > {parameters.maximum_psi}"
    else:
        least = 0.5 + parameters.cross_check * _error_of_chance(table.target[rows])
        cross = _cross_auc(column, table, rows, halves, parameters, direction)
        if cross < least:
            rule, is_kept = "does not hold on other rows", False
            detail = f"AUC of one half's bins on the other half {cross:.4f} < {least:.4f}"
    fate = ScreenedFeature(column.name, is_kept, rule, detail, share, binning.iv, auc, psi)
    return fate, binning


def _cross_auc(
    column: Column,
    table: TrainingTable,
    rows: Int64s,
    halves: Int64s,
    parameters: TrainingParameters,
    direction: Direction,
) -> float:
    """Mean AUC of bins made on one half of the rows and judged on the other."""
    aucs = []
    for half in (0, 1):
        inside, outside = rows[halves == half], rows[halves != half]
        binning = bin_column(column, table.target, inside, parameters, direction)
        if binning is None:
            aucs.append(0.5)
            continue
        aucs.append(_auc(binning.woe[binning.group_of(column)][outside], table.target[outside]))
    return sum(aucs) / 2


def _error_of_chance(target: Int8s) -> float:
    """Standard error of the AUC of a score that says nothing: ``sqrt((n + 1) / (12 bads goods))``.

    Mann and Whitney, 1947.
    """
    bads = int(target.sum())
    goods = int(target.size) - bads
    return math.sqrt((bads + goods + 1) / (12 * bads * goods))


def _auc(values: Int64s | npt.NDArray[np.float64], target: Int8s) -> float:
    return measure_separation(values, target == 1).auc


def _auc_of_order(values: Int64s, target: Int8s) -> float | None:
    if values.size == 0 or target.min() == target.max():
        return None
    auc = _auc(values, target)
    return max(auc, 1 - auc)


def _counts(binning: Binning, column: Column, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.bincount(binning.group_of(column)[rows], minlength=binning.group_count)


def _drop_repeats(
    binnings: Sequence[Binning],
    table: TrainingTable,
    split: Split,
    parameters: TrainingParameters,
    fates: dict[str, ScreenedFeature],
) -> list[Binning]:
    columns = {column.name: column for column in table.columns}
    kept: list[Binning] = []
    standard: list[npt.NDArray[np.float64]] = []
    for binning in binnings:
        weights = binning.woe[binning.group_of(columns[binning.name])][split.training]
        spread = weights - weights.mean()
        norm = float(np.sqrt((spread**2).sum()))
        spread = spread / norm if norm > 0 else spread
        correlations = [abs(float(spread @ other)) for other in standard]
        closest = max(range(len(kept)), key=correlations.__getitem__, default=None)
        if closest is not None and correlations[closest] > parameters.maximum_correlation:
            was = fates[binning.name]
            fates[binning.name] = ScreenedFeature(
                binning.name,
                False,
                "repeats a stronger feature",
                f"correlation {correlations[closest]:.3f} with {kept[closest].name}"
                f" > {parameters.maximum_correlation}",
                was.missing_share,
                was.iv,
                was.auc,
                was.psi,
            )
            continue
        kept.append(binning)
        standard.append(spread)
    return kept
