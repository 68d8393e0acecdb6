"""Integer vectors and the few operations on them that every part of the simulator shares.

Money is whole fen (0.01), moments are seconds and dates are days since 1970-01-01 in business time,
rates are units of 1e-8: sums stay exact and never depend on the order of users.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = dict[str, Ints]

NULL = np.iinfo(np.int64).min
"""An empty cell of an integer vector (NumPy has none); written as null, never as a number."""

SECONDS_PER_DAY = 86_400
NO_ROWS: Ints = np.empty(0, dtype=np.int64)


def full(like: Ints, value: int) -> Ints:
    """A vector as long as ``like`` that holds ``value`` everywhere."""
    return np.full(like.shape, value, dtype=np.int64)


def to_ints(values: NDArray[np.floating[Any]]) -> Ints:
    """Round half to even, to whole numbers."""
    result: Ints = np.rint(values).astype(np.int64)
    return result


def rank_in_group(groups: Ints) -> Ints:
    """Position (from 0) of each row among the rows of its group; ``groups`` is sorted.

    >>> rank_in_group(np.array([3, 3, 7])).tolist()
    [0, 1, 0]
    """
    if groups.size == 0:
        return NO_ROWS
    starts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))
    lengths = np.diff(np.concatenate((starts, [groups.size])))
    return np.arange(groups.size) - np.repeat(starts, lengths)


def running_total(groups: Ints, values: Ints) -> Ints:
    """Sum of ``values`` up to and including each row, anew in each group; ``groups`` is sorted.

    >>> running_total(np.array([3, 3, 7]), np.array([1, 2, 5])).tolist()
    [1, 3, 5]
    """
    totals: Ints = np.cumsum(values)
    starts = np.arange(groups.size) - rank_in_group(groups)
    result: Ints = totals - totals[starts] + values[starts]
    return result


def day_in_month(day: int, months_later: Ints, day_of_month: Ints) -> Ints:
    """Day number of ``day_of_month`` (1-28), ``months_later`` after the month of ``day``."""
    month = np.datetime64(day, "D").astype("datetime64[M]") + months_later.astype("timedelta64[M]")
    result: Ints = month.astype("datetime64[D]").astype(np.int64) + day_of_month - 1
    return result
