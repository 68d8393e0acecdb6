"""The features that cost each row the most points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.score.columns import Int32s

REASON_COUNT = 4
_RANK_BITS = 8
_LAST = (1 << _RANK_BITS) - 1

Codes = npt.NDArray[np.int16]


class Ranking:
    """The largest losses of a block of rows, kept sorted while features are added.

    An entry is points lost, then the features' order reversed, in one integer: the largest entries
    win and no two are equal.

    Args:
        rows: Rows of the block.
    """

    def __init__(self, rows: int) -> None:
        self._best = np.full((REASON_COUNT, rows), -1, np.int32)
        self._entry = np.empty(rows, np.int32)
        self._smaller = np.empty(rows, np.int32)

    def add(self, number: int, maximum: int, points: Int32s) -> None:
        """Rank one feature.

        Args:
            number: Its place in the card, below 200.
            maximum: The most points that it gives.
            points: What it gave each row.
        """
        entry, smaller = self._entry, self._smaller
        np.multiply(points, -(1 << _RANK_BITS), out=entry)
        entry += (maximum << _RANK_BITS) + _LAST - number
        for best in self._best[:-1]:
            np.minimum(best, entry, out=smaller)
            np.maximum(best, entry, out=best)
            entry, smaller = smaller, entry
        np.maximum(self._best[-1], entry, out=self._best[-1])

    def pick(self, codes: Codes) -> tuple[Codes, Int32s]:
        """Codes of the ranked features (row by row), and how many of them cost anything.

        Args:
            codes: Row by row, one entry per feature.
        """
        rows, width = codes.shape
        first = np.arange(0, rows * width, width)
        picked = np.zeros((rows, REASON_COUNT), np.int16)
        counts = np.zeros(rows, np.int32)
        for rank, best in enumerate(self._best[:width]):
            picked[:, rank] = codes.ravel()[first + (_LAST - (best & _LAST))]
            counts += (best >> _RANK_BITS) > 0
        return picked, counts
