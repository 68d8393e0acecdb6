"""Two sets of scores measured against each other and against outcomes. Pure, NumPy only.

A higher score means a lower risk, everywhere. Whole numbers are counted, and divided once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.cards.card import Scale
from scoring.errors import PermanentError

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BIN_COUNT = 10
EMPTY_BIN_USERS = 0.5
"""What an empty bin counts as in a stability index, whose logarithm has no zero."""


@dataclass(frozen=True)
class Separation:
    """How well scores tell bad from good.

    Attributes:
        good_count: Users with outcome 0.
        bad_count: Users with outcome 1.
        auc: Share of (good, bad) pairs in which the good one scores higher; ties count half.
        gini: ``2 auc - 1``.
        ks: Largest distance between the cumulative shares of bad and of good users, 0-1.
    """

    good_count: int
    bad_count: int
    auc: float
    gini: float
    ks: float


@dataclass(frozen=True)
class CalibrationBin:
    """Users of neighbouring probabilities; equal probabilities are never parted."""

    user_count: int
    bad_count: int
    expected_rate: float
    observed_rate: float


@dataclass(frozen=True)
class Calibration:
    """Stated probabilities against what happened.

    Attributes:
        expected_rate: Mean stated probability.
        observed_rate: Share of bad users.
        observed_to_expected: Their ratio; 1 is perfect, above it risk was understated.
        bins: Up to so many bins as asked for, of about equal size, lowest probability first.
    """

    expected_rate: float
    observed_rate: float
    observed_to_expected: float
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True)
class Cell:
    """Users with one pair of decisions; ``bad_count`` is None without outcomes."""

    user_count: int
    bad_count: int | None


@dataclass(frozen=True)
class SwapSet:
    """Who is accepted (``score >= cut_off``) by which of two cards at equal acceptance.

    Attributes:
        first_cut_off: Cut-off on the first card.
        second_cut_off: The cut-off on the second card whose acceptance is nearest.
        both: Accepted by both.
        swapped_out: Accepted by the first only.
        swapped_in: Accepted by the second only.
        neither: Rejected by both.
    """

    first_cut_off: int
    second_cut_off: int
    both: Cell
    swapped_out: Cell
    swapped_in: Cell
    neither: Cell


def measure_separation(scores: Int64s | Floats, is_bad: Mask) -> Separation:
    """AUC, Gini and KS, ties exact.

    Raises:
        PermanentError: All outcomes are the same.

    Example:
        Scores 1, 2, 2, 3 with outcomes bad, bad, good, good: of 4 pairs 3 are right and 1 tied, so
        the AUC is 3.5 / 4 = 0.875.
    """
    bad_count = int(is_bad.sum())
    good_count = int(is_bad.size) - bad_count
    if not good_count or not bad_count:
        raise PermanentError(
            "comparison refused",
            subject="outcomes",
            expected="good and bad users",
            got=f"{good_count:,} good, {bad_count:,} bad",
            next_step="Take users whose outcomes have matured and differ.",
        )
    _, place = np.unique(scores, return_inverse=True)
    bads = np.bincount(place, weights=is_bad).astype(np.int64)
    goods = np.bincount(place).astype(np.int64) - bads
    bads_below = np.cumsum(bads) - bads
    # Twice the number of right pairs, so that a tie is a whole number too.
    doubled = int((goods * (2 * bads_below + bads)).sum())
    auc = doubled / (2 * good_count * bad_count)
    distance = np.cumsum(bads) * good_count - np.cumsum(goods) * bad_count
    ks = int(np.abs(distance).max()) / (good_count * bad_count)
    return Separation(good_count, bad_count, auc, 2 * auc - 1, ks)


def implied_probability(scale: Scale, scores: Int64s) -> Floats:
    """Probability of bad that a scale states: odds double with every ``pdo`` points.

    Example:
        With 600 points for 15 good to one bad and 50 points to double, 650 stands for 30 to one:
        1 / 31.
    """
    odds = scale.base_odds * np.exp2((scores - scale.base_score) / scale.pdo)
    probabilities: Floats = 1.0 / (1.0 + odds)
    return probabilities


def measure_calibration(
    probabilities: Floats, is_bad: Mask, bin_count: int = BIN_COUNT
) -> Calibration:
    """Stated probabilities against outcomes, overall and in bins of about equal size."""
    number = _bin_of_each(probabilities, bin_count)
    users = np.bincount(number, minlength=bin_count)
    bads = np.bincount(number, weights=is_bad, minlength=bin_count).astype(np.int64)
    stated = np.bincount(number, weights=probabilities, minlength=bin_count)
    bins = tuple(
        CalibrationBin(int(n), int(bad), float(total / n), float(bad / n))
        for n, bad, total in zip(users, bads, stated, strict=True)
        if n
    )
    expected, observed = float(probabilities.mean()), float(is_bad.mean())
    return Calibration(expected, observed, observed / expected, bins)


def measure_stability(before: Int64s, now: Int64s) -> float:
    """Population stability index of ``now`` against ``before``.

    ``Σ (now - before) ln(now / before)`` over the shares of up to ten bins that hold about a tenth
    of ``before`` each; an empty bin counts as half a user. Below 0.1 is taken as stable, above 0.25
    as another population (convention of scorecard practice).
    """
    values, counts = np.unique(before, return_counts=True)
    number = _bins_of_values(counts, BIN_COUNT)
    starts = values[np.flatnonzero(np.diff(number, prepend=-1))][1:]
    old, new = (
        np.bincount(np.searchsorted(starts, scores, side="right"), minlength=starts.size + 1)
        for scores in (before, now)
    )
    old_share, new_share = (
        np.maximum(counts, EMPTY_BIN_USERS) / counts.sum() for counts in (old, new)
    )
    return float(((new_share - old_share) * np.log(new_share / old_share)).sum())


def measure_swap(
    first: Int64s, second: Int64s, cut_off: int, is_bad: Mask | None = None
) -> SwapSet:
    """Who moves between accept and reject if the second card took over at equal acceptance.

    Args:
        first: Scores of the card in use.
        second: Scores of the other card, user by user the same.
        cut_off: Least accepted score of the first card.
        is_bad: Outcomes, where known.

    Returns:
        Counts only. Of two cut-offs equally near the stricter one is taken.
    """
    accepted = first >= cut_off
    other_cut_off = _nearest_cut_off(second, int(accepted.sum()))
    other = second >= other_cut_off

    def cell(chosen: Mask) -> Cell:
        bads = None if is_bad is None else int((chosen & is_bad).sum())
        return Cell(int(chosen.sum()), bads)

    return SwapSet(
        cut_off,
        other_cut_off,
        both=cell(accepted & other),
        swapped_out=cell(accepted & ~other),
        swapped_in=cell(~accepted & other),
        neither=cell(~accepted & ~other),
    )


def count_migration(first: Int64s, second: Int64s, band_count: int) -> tuple[tuple[int, ...], ...]:
    """Users by band of the first (rows) and of the second card (columns).

    Args:
        first: Band numbers ``0 … band_count - 1``.
        second: The same of the other card, user by user.
        band_count: How many bands there are.
    """
    cells = np.bincount(first * band_count + second, minlength=band_count**2)
    return tuple(tuple(int(n) for n in row) for row in cells.reshape(band_count, band_count))


def _nearest_cut_off(scores: Int64s, wanted: int) -> int:
    values, counts = np.unique(scores, return_counts=True)
    candidates = np.append(values, values[-1] + 1)
    accepted = np.append(np.cumsum(counts[::-1])[::-1], 0)
    distance = np.abs(accepted - wanted)
    return int(candidates[np.flatnonzero(distance == distance.min())[-1]])


def _bin_of_each(values: Floats, bin_count: int) -> Int64s:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    bins: Int64s = _bins_of_values(counts, bin_count)[place]
    return bins


def _bins_of_values(counts: Int64s, bin_count: int) -> Int64s:
    """Bin of each distinct value, in order: by the share of rows before it."""
    before = np.cumsum(counts) - counts
    bins: Int64s = before * bin_count // int(counts.sum())
    return bins
