"""Stated probabilities against what happened, with intervals. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.cards.comparison import measure_calibration
from scoring.training.extras import require_library
from scoring.training.table import Int8s
from scoring.validation.case import Floats
from scoring.validation.logit import CONFIDENCE, fit_logit

BIN_COUNT = 20


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CalibrationBin:
    """Rows of neighbouring probabilities; ``observed`` with the interval of Wilson."""

    rows: int
    bads: int
    expected: float
    observed: Interval

    @property
    def is_off(self) -> bool:
        """Whether the stated probability lies outside the interval of what happened."""
        return not self.observed.low <= self.expected <= self.observed.high


@dataclass(frozen=True)
class PartCalibration:
    """How true the probabilities of one part are.

    Attributes:
        bins: Up to twenty of about equal size, lowest probability first.
        observed_to_expected: Bad rows over the sum of their probabilities; 1 is right, above it
            risk was understated.
        slope: Of the outcome's log odds on the stated log odds; 1 is right, below 1 the
            probabilities are too extreme. None where it cannot be fitted.
        intercept: The same line's intercept; 0 is right.
        brier: Mean squared error of the probability.
    """

    bins: tuple[CalibrationBin, ...]
    observed_to_expected: Interval
    slope: Interval | None
    intercept: Interval | None
    brier: float


def calibrate_part(pd: Floats, target: Int8s) -> PartCalibration:
    """Judge the probabilities of at least one row; one class alone has no line."""
    found = measure_calibration(pd, target == 1, BIN_COUNT)
    bins = tuple(
        CalibrationBin(
            part.user_count,
            part.bad_count,
            part.expected_rate,
            share_of(part.bad_count, part.user_count),
        )
        for part in found.bins
    )
    intercept, slope = _fit_line(pd, target)
    return PartCalibration(
        bins=bins,
        observed_to_expected=observed_to_expected(pd, target),
        slope=slope,
        intercept=intercept,
        brier=float(np.mean((pd - target) ** 2)),
    )


def share_of(count: int, total: int) -> Interval:
    """A share with the interval of Wilson.

    Example:
        10 of 100: 0.1, from 0.0552 to 0.1744.
    """
    library = require_library("statsmodels.stats.proportion")
    low, high = library.proportion_confint(count, total, 1 - CONFIDENCE, method="wilson")
    return Interval(count / total, float(low), float(high))


def observed_to_expected(pd: Floats, target: Int8s) -> Interval:
    """Bad rows over expected ones; the interval is that of the observed share."""
    share = share_of(int(target.sum()), int(target.size))
    expected = float(pd.mean())
    return Interval(share.value / expected, share.low / expected, share.high / expected)


def _fit_line(pd: Floats, target: Int8s) -> tuple[Interval | None, Interval | None]:
    if pd.min() == pd.max():
        return None, None
    fitted = fit_logit((np.log(pd) - np.log1p(-pd))[:, np.newaxis], target)
    if fitted is None:
        return None, None
    intercept, slope = (Interval(part.value, part.low, part.high) for part in fitted)
    return intercept, slope
