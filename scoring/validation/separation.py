"""How well the score tells bad from good: curves and gains, part by part. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.cards.comparison import Separation, measure_calibration, measure_separation
from scoring.training.extras import require_library
from scoring.training.table import Int8s, Int64s
from scoring.validation.case import Floats
from scoring.validation.resampling import resample_aucs

TENTHS = 10


@dataclass(frozen=True)
class Curve:
    """Everyone at or below each score, riskiest first: shares from 0 to 1.

    Attributes:
        score: The score; the first point is nobody's and repeats the lowest one.
        bads: Share of the bad rows.
        goods: Share of the good rows.
        rows: Share of all rows.
    """

    score: npt.NDArray[np.int64]
    bads: Floats
    goods: Floats
    rows: Floats


@dataclass(frozen=True)
class GainsRow:
    """The rows of one more tenth, riskiest first, and everybody so far.

    Attributes:
        rows: Rows of the tenth.
        bads: Bad ones.
        bad_rate: Their share.
        captured: Share of all bad rows found so far.
        lift: ``captured`` over the share of rows looked at so far.
    """

    rows: int
    bads: int
    bad_rate: float
    captured: float
    lift: float


@dataclass(frozen=True)
class PartSeparation:
    """One part; everything is None or empty where only good or only bad rows are in it.

    ``auc_low`` and ``auc_high`` bound the AUC by resampling subjects; None with too few bads.
    """

    rows: int
    bads: int
    separation: Separation | None
    auc_low: float | None
    auc_high: float | None
    curve: Curve | None
    gains: tuple[GainsRow, ...]

    @property
    def silence(self) -> str | None:
        """Why nothing was measured, or None."""
        if self.separation is not None:
            return None
        if not self.rows:
            return "no rows"
        return "only bad rows" if self.bads else "only good rows"


def separate_part(
    score: Int64s, pd: Floats, target: Int8s, subjects: Int64s | None, seed: int
) -> PartSeparation:
    """Measure one part.

    Args:
        score: Published scores.
        pd: Stated probabilities.
        target: 1 bad, 0 good.
        subjects: Whom each row is about; None where an interval says nothing (training rows).
        seed: Decides the resampling.
    """
    rows, bads = int(target.size), int(target.sum())
    if bads in {0, rows}:
        return PartSeparation(rows, bads, None, None, None, None, ())
    risk = -score.astype(np.float64)
    interval = None if subjects is None else resample_aucs([risk], target, subjects, seed)
    return PartSeparation(
        rows=rows,
        bads=bads,
        separation=measure_separation(score, target == 1),
        auc_low=None if interval is None else interval[0].low,
        auc_high=None if interval is None else interval[0].high,
        curve=_draw(score, target),
        gains=find_gains(pd, target),
    )


def _draw(score: Int64s, target: Int8s) -> Curve:
    library = require_library("sklearn.metrics")
    goods, bads, limits = library.roc_curve(target, -score, drop_intermediate=False)
    bad_count, count = int(target.sum()), int(target.size)
    rows = (bads * bad_count + goods * (count - bad_count)) / count
    scores = np.concatenate([-limits[1:2], -limits[1:]]).astype(np.int64)
    return Curve(scores, np.asarray(bads), np.asarray(goods), np.asarray(rows))


def find_gains(pd: Floats, target: Int8s) -> tuple[GainsRow, ...]:
    """Tenths of the rows, riskiest first; equal probabilities are never parted.

    Example:
        Of ten rows the two riskiest are bad: the first tenth captures half of the bads, a lift
        of 5; the second captures all, a lift of 5; the last has a lift of 1.
    """
    found = measure_calibration(-pd, target == 1, TENTHS)
    all_rows, all_bads = int(target.size), int(target.sum())
    rows_so_far = bads_so_far = 0
    gains = []
    for part in found.bins:
        rows_so_far += part.user_count
        bads_so_far += part.bad_count
        captured = bads_so_far / all_bads
        gains.append(
            GainsRow(
                rows=part.user_count,
                bads=part.bad_count,
                bad_rate=part.observed_rate,
                captured=captured,
                lift=captured / (rows_so_far / all_rows),
            )
        )
    return tuple(gains)
