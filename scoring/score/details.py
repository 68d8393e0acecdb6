"""What a score is made of, row by row: values, bins, points and reasons as Arrow lists.

Blocks arrive feature by feature and lists are row by row, so every block is turned here, while it
is in the cache, into the memory that Arrow will own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.score.columns import (
    SCALE_DIGITS,
    Int32s,
    Mask,
    NumberColumn,
    Places,
    validity_buffer,
)
from scoring.score.compiled import CompiledCard
from scoring.score.ranking import REASON_COUNT, Codes


class Details:
    """Results of the scored rows.

    Attributes:
        score: Clipped score.
        clipped: What the clip added.
        dimension_points: Dimension -> points.
        codes: Row by row, one entry per feature.
        reasons: Row by row, ``REASON_COUNT`` codes, of which ``reason_counts`` count.
        reason_counts: Features that cost anything, at most ``REASON_COUNT``.

    Args:
        compiled: The card.
        rows: How many rows there will be.
    """

    def __init__(self, compiled: CompiledCard, rows: int) -> None:
        width = len(compiled.features)
        self._features = compiled.features
        self.score = np.empty(rows, np.int32)
        self.clipped = np.empty(rows, np.int32)
        self.dimension_points = {name: np.zeros(rows, np.int32) for name in compiled.dimensions}
        self.codes: Codes = _arrow_memory(rows * width, np.int16).reshape(rows, width)
        self.reasons = np.empty((rows, REASON_COUNT), np.int16)
        self.reason_counts = np.empty(rows, np.int32)
        self.points: Int32s = _arrow_memory(rows * width, np.int32).reshape(rows, width)
        # A decimal is two int64 words; moved as one item of 16 bytes.
        self.values = _arrow_memory(rows * width, np.complex128).reshape(rows, width)
        self.has_value = np.ones((rows, width), np.bool_)

    def keep(
        self, number: int, here: slice, column: NumberColumn, places: Places, points: Int32s
    ) -> None:
        """Take in one feature of one block.

        Args:
            number: The feature's place in the card.
            here: The block's rows.
            column: The feature's values, of all rows.
            places: Of the block's rows.
            points: Of the block's rows.
        """
        feature = self._features[number]
        self.dimension_points[feature.dimension][here] += points
        np.add(places, np.int16(feature.first_code), out=self.codes[here, number])
        self.points[here, number] = points
        words = np.empty((points.size, 2), np.int64)
        np.multiply(column.units[here], 10 ** (SCALE_DIGITS - column.digits), out=words[:, 0])
        np.right_shift(words[:, 0], 63, out=words[:, 1])
        self.values[here, number] = words.view(np.complex128)[:, 0]
        if column.missing is not None or column.unseen is not None:
            np.less(places, feature.missing_place, out=self.has_value[here, number])


def feature_lists(compiled: CompiledCard, details: Details, is_scored: Mask) -> dict[str, pa.Array]:
    """``feature_values``, ``bins`` and ``points``: lists in the card's order."""
    counts = np.full(details.score.size, len(compiled.features), np.int32)
    values = pa.Array.from_buffers(
        pa.decimal128(18, SCALE_DIGITS),
        details.values.size,
        [validity_buffer(details.has_value.ravel()), pa.py_buffer(details.values)],
    )
    lists = {
        "feature_values": values,
        "bins": _look_up(details.codes.ravel(), compiled.labels),
        "points": pa.array(details.points.ravel()),
    }
    offsets, mask = _list_frame(counts, is_scored)
    return {
        name: pa.ListArray.from_arrays(offsets, values, mask=mask) for name, values in lists.items()
    }


def reason_lists(compiled: CompiledCard, details: Details, is_scored: Mask) -> dict[str, pa.Array]:
    """The six columns of reasons: up to four entries, most points lost first."""
    counts = details.reason_counts
    codes = details.reasons[np.arange(REASON_COUNT) < counts[:, np.newaxis]]
    lists = {
        "reason_features": _look_up(codes, compiled.feature_names),
        "reason_points": pa.array(compiled.points[codes]),
        "reason_points_lost": pa.array(compiled.points_lost[codes]),
        "reason_codes": _look_up(codes, compiled.reason_codes),
        "reasons_zh": _look_up(codes, compiled.reasons_zh),
        "reasons_en": _look_up(codes, compiled.reasons_en),
    }
    offsets, mask = _list_frame(counts, is_scored)
    return {
        name: pa.ListArray.from_arrays(offsets, values, mask=mask) for name, values in lists.items()
    }


def _arrow_memory(items: int, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Uninitialised memory from Arrow's pool, which keeps its pages from batch to batch."""
    kind = np.dtype(kind)
    if items == 0:
        return np.empty(0, kind)
    return np.frombuffer(pa.allocate_buffer(items * kind.itemsize), kind)


def _list_frame(counts: Int32s, is_scored: Mask) -> tuple[pa.Array, pa.Array | None]:
    """Offsets of lists of ``counts[i]`` values for the i-th scored row, and NULL for the others."""
    lengths = np.zeros(is_scored.size, np.int32)
    lengths[is_scored] = counts
    offsets = np.zeros(is_scored.size + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.array(offsets), None if is_scored.all() else pa.array(~is_scored)


def _look_up(codes: Codes, texts: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), texts, safe=False)
