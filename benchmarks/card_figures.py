"""Figures of a benchmark of cards: areas compared on the same rows, and probabilities by bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm, rankdata

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Gap:
    """How much larger one area under the ROC curve is than another on the same rows."""

    gap: float
    low: float
    high: float


@dataclass(frozen=True)
class Bin:
    """Rows of neighbouring probabilities; ``low`` and ``high`` bound the observed rate."""

    rows: int
    bads: int
    expected: float
    observed: float
    low: float
    high: float

    @property
    def is_inside(self) -> bool:
        """Whether the interval holds what was expected (observed / expected may be 1)."""
        return self.low <= self.expected <= self.high


def compare_areas(first: Floats, second: Floats, is_bad: Mask) -> Gap:
    """AUC of ``first`` less that of ``second``, with a 95 % interval.

    More means more risk. DeLong, DeLong and Clarke-Pearson (1988), by midranks (Sun and Xu, 2014).
    """
    goods, bads = int((~is_bad).sum()), int(is_bad.sum())
    of_bads, of_goods, areas = [], [], []
    for risk in (first, second):
        everyone = rankdata(risk)
        of_bads.append((everyone[is_bad] - rankdata(risk[is_bad])) / goods)
        of_goods.append(1 - (everyone[~is_bad] - rankdata(risk[~is_bad])) / bads)
        areas.append(of_bads[-1].mean())
    variance = (of_bads[0] - of_bads[1]).var(ddof=1) / bads
    variance += (of_goods[0] - of_goods[1]).var(ddof=1) / goods
    gap, margin = areas[0] - areas[1], norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt(variance)
    return Gap(float(gap), float(gap - margin), float(gap + margin))


def calibration_bins(pd: Floats, is_bad: Mask, count: int) -> list[Bin]:
    """Bins of about equal size, lowest probability first; equal probabilities are never parted.

    The interval of the observed rate is that of Clopper and Pearson (1934).
    """
    _, place, sizes = np.unique(pd, return_inverse=True, return_counts=True)
    before = np.cumsum(sizes) - sizes
    number = (before * count // pd.size)[place]
    bins = []
    for each in np.unique(number):
        chosen = number == each
        rows, bads = int(chosen.sum()), int(is_bad[chosen].sum())
        tail = (1 - CONFIDENCE) / 2
        low = float(beta.ppf(tail, bads, rows - bads + 1)) if bads else 0.0
        high = float(beta.ppf(1 - tail, bads + 1, rows - bads)) if bads < rows else 1.0
        bins.append(Bin(rows, bads, float(pd[chosen].mean()), bads / rows, low, high))
    return bins
