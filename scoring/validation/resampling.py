"""Intervals of AUCs by resampling whole subjects, paired over several scores. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.training.extras import require_library
from scoring.training.table import Int8s, Int64s, TrainingTable
from scoring.validation.calibration import Interval
from scoring.validation.case import Floats
from scoring.validation.logit import CONFIDENCE

RESAMPLES = 400
FEWEST = 20
"""With fewer subjects of a class a resample may hold hardly any; no interval is given then."""


def number_subjects(table: TrainingTable) -> Int64s:
    """A number for the subject of every row; rows without ids are their own subjects."""
    if table.ids is None:
        return np.arange(table.rows)
    numbers: Int64s = np.unique(np.array(table.ids), return_inverse=True)[1].astype(np.int64)
    return numbers


def resample_aucs(
    risks: Sequence[Floats], target: Int8s, subjects: Int64s, seed: int
) -> tuple[Interval, ...] | None:
    """AUC of each risk, then the gap of the last to each of the others, with 95 % intervals.

    Subjects are drawn with replacement, all their rows together, the same draw for every risk
    (paired percentile bootstrap; Efron and Tibshirani, 1993).

    Args:
        risks: More is riskier, per row.
        target: 1 bad, 0 good.
        subjects: Whom each row is about.
        seed: Decides the draws.

    Returns:
        None with fewer than ``FEWEST`` good or bad subjects.
    """
    _, place = np.unique(subjects, return_inverse=True)
    if min(np.unique(place[target == label]).size for label in (0, 1)) < FEWEST:
        return None
    # Ranked once: a draw only counts the ranks again, twenty times faster than sorting it.
    ranks = [np.unique(risk, return_inverse=True)[1] for risk in risks]
    count = int(place.max()) + 1

    def figures(drawn: Int64s) -> Floats:
        weights = np.bincount(drawn, minlength=count)[place]
        aucs = [weighted_auc(rank, target, weights) for rank in ranks]
        return np.array([*aucs, *(aucs[-1] - auc for auc in aucs[:-1])])

    everyone = np.arange(count)
    found = require_library("scipy.stats").bootstrap(
        (everyone,),
        figures,
        vectorized=False,
        n_resamples=RESAMPLES,
        method="percentile",
        confidence_level=CONFIDENCE,
        rng=np.random.default_rng(seed),
    )
    low, high = found.confidence_interval
    return tuple(
        Interval(float(value), float(low[place]), float(high[place]))
        for place, value in enumerate(figures(everyone))
    )


def weighted_auc(rank: Int64s, target: Int8s, weights: Int64s) -> float:
    """AUC of whole ranks (more is riskier), a row counting as often as its weight; ties half.

    Example:
        Ranks 0, 1, 1 of a good, a good and a bad row with weights 1, 1, 2: of 4 pairs 2 are right
        and 2 tied, so the AUC is 0.75.
    """
    bads = np.bincount(rank, weights=weights * target)
    goods = np.bincount(rank, weights=weights * (1 - target))
    goods_below = np.cumsum(goods) - goods
    return float((bads * (goods_below + goods / 2)).sum() / (bads.sum() * goods.sum()))
