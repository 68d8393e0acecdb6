"""The score as a pure function over Arrow record batches: whole numbers, columns, no rows.

Work goes block by block so that a block stays in the processor's cache; nothing depends on where a
block or a batch ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.cards.card import Card
from scoring.score.columns import (
    Int64s,
    Mask,
    ScaledColumn,
    decimals_from_millionths,
    scale_column,
    take_column,
)
from scoring.score.compiled import CompiledCard, CompiledFeature, Int32s, compile_card
from scoring.score.status import assign_status

BLOCK_ROWS = 16_384
REASON_COUNT = 4
_RANK_BITS = 8

Codes = npt.NDArray[np.int16]


def score_batch(card: Card | CompiledCard, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Score one batch of users; a row's result depends on that row alone.

    Args:
        card: A checked card; compile it once when there is more than one batch.
        batch: ``user_key`` (int64), ``has_scoring_consent`` (bool), every feature that the card or
            its scorability rules name (integer, decimal or floating); other columns are ignored.

    Returns:
        One row per input row, in the same order:
        ``user_key``; ``score`` (int32, within the card's range); ``score_status``;
        ``score_status_reason``; ``points_base``, ``points_<dimension>`` and ``points_clipped``
        (int32, they sum to ``score``); ``feature_values``, ``bins``, ``points`` (lists in the
        card's order); ``reason_features``, ``reason_points``, ``reason_points_lost``,
        ``reason_codes``, ``reasons_zh``, ``reasons_en`` (lists, up to four, most points lost
        first, ties in the card's order). Everything but key and status is NULL for a user
        that is not scored.

    Raises:
        ConfigurationError: A column is absent or of another type.

    Example:
        A card with base 600 and one feature whose bin earns 25 gives ``score`` 625,
        ``points_clipped`` 0.
    """
    compiled = card if isinstance(card, CompiledCard) else compile_card(card)
    status = assign_status(compiled, batch)
    is_scored = status.is_scored
    scorable = batch if is_scored.all() else batch.filter(pa.array(is_scored))
    parts = _score_rows(compiled, scorable)
    columns: dict[str, pa.Array] = {
        "user_key": take_column(batch, "user_key"),
        "score": _spread(parts.score, is_scored),
        "score_status": status.codes,
        "score_status_reason": status.reasons,
        "points_base": _spread(np.full_like(parts.score, compiled.card.base_points), is_scored),
    }
    for dimension, points in parts.dimension_points.items():
        columns[f"points_{dimension}"] = _spread(points, is_scored)
    columns["points_clipped"] = _spread(parts.clipped, is_scored)
    columns |= _feature_lists(compiled, parts, is_scored)
    columns |= _reason_lists(compiled, parts, is_scored)
    return pa.RecordBatch.from_pydict(columns)


@dataclass(frozen=True)
class _Parts:
    """Results for the scored rows only.

    ``millionths`` and ``codes`` are row by row, one entry per feature; ``reasons`` likewise with
    ``REASON_COUNT`` codes, of which ``reason_counts`` count.
    """

    score: Int32s
    clipped: Int32s
    dimension_points: dict[str, Int32s]
    millionths: Int64s
    codes: Codes
    reasons: Codes
    reason_counts: Int32s


def _score_rows(compiled: CompiledCard, batch: pa.RecordBatch) -> _Parts:
    rows, width = batch.num_rows, len(compiled.features)
    parts = _Parts(
        score=np.empty(rows, np.int32),
        clipped=np.empty(rows, np.int32),
        dimension_points={name: np.zeros(rows, np.int32) for name in compiled.dimensions},
        millionths=np.empty((rows, width), np.int64),
        codes=np.empty((rows, width), np.int16),
        reasons=np.empty((rows, REASON_COUNT), np.int16),
        reason_counts=np.empty(rows, np.int32),
    )
    arrays = [take_column(batch, feature.feature_name) for feature in compiled.features]
    for start in range(0, rows, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, rows)
        _score_block(compiled, [array.slice(start, stop - start) for array in arrays], parts, start)
    return parts


def _score_block(compiled: CompiledCard, arrays: list[pa.Array], parts: _Parts, start: int) -> None:
    rows = len(arrays[0])
    here = slice(start, start + rows)
    codes = np.empty((len(arrays), rows), np.int16)
    total = np.full(rows, compiled.card.base_points, np.int32)
    ranking = _Ranking(rows)
    for number, (feature, array) in enumerate(zip(compiled.features, arrays, strict=True)):
        column = scale_column(array, feature.feature_name)
        codes[number] = _code_values(feature, column)
        points = compiled.points[codes[number]]
        parts.dimension_points[feature.dimension][here] += points
        total += points
        ranking.add(number, compiled.points_lost[codes[number]])
        parts.millionths[here, number] = column.millionths
    parts.codes[here] = codes.T
    limits = compiled.card.score_range
    np.clip(total, limits.minimum, limits.maximum, out=parts.score[here])
    np.subtract(parts.score[here], total, out=parts.clipped[here])
    parts.reasons[here], parts.reason_counts[here] = ranking.pick(codes)


def _code_values(feature: CompiledFeature, column: ScaledColumn) -> Codes:
    reached = np.zeros(column.millionths.size, np.int8)
    for edge in feature.edges:
        reached += column.millionths >= edge
    codes = reached.astype(np.int16)
    codes += np.int16(feature.first_code)
    if column.unseen is not None:
        codes[column.unseen] = feature.unseen_code
    if column.missing is not None:
        codes[column.missing] = feature.missing_code
    return codes


class _Ranking:
    """The features that cost each row the most points, kept sorted while features are added.

    An entry is points lost, then the features' order reversed, in one integer: the largest entries
    win and no two are equal.
    """

    def __init__(self, rows: int) -> None:
        self._best = [np.full(rows, -1, np.int32) for _ in range(REASON_COUNT)]

    def add(self, number: int, points_lost: Int32s) -> None:
        entry = (points_lost << _RANK_BITS) | np.int32((1 << _RANK_BITS) - 1 - number)
        for best in self._best:
            smaller = np.minimum(best, entry)
            np.maximum(best, entry, out=best)
            entry = smaller

    def pick(self, codes: Codes) -> tuple[Codes, Int32s]:
        """Codes of the ranked features (row by row), and how many of them cost anything."""
        rows = codes.shape[1]
        everyone = np.arange(rows)
        picked = np.zeros((rows, REASON_COUNT), np.int16)
        counts = np.zeros(rows, np.int32)
        for rank, best in enumerate(self._best[: codes.shape[0]]):
            number = (1 << _RANK_BITS) - 1 - (best & ((1 << _RANK_BITS) - 1))
            picked[:, rank] = codes[number, everyone]
            counts += (best >> _RANK_BITS) > 0
        return picked, counts


def _spread(values: Int32s, is_scored: Mask) -> pa.Array:
    """Values of scored rows at their places, NULL elsewhere."""
    if values.size == is_scored.size:
        return pa.array(values)
    spread = np.zeros(is_scored.size, np.int32)
    spread[is_scored] = values
    return pa.array(spread, mask=~is_scored)


def _list_array(values: pa.Array, counts: Int32s, is_scored: Mask) -> pa.Array:
    """Lists of ``counts[i]`` values for the i-th scored row, NULL for the others."""
    lengths = np.zeros(is_scored.size, np.int32)
    lengths[is_scored] = counts
    offsets = np.zeros(is_scored.size + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    mask = None if is_scored.all() else pa.array(~is_scored)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=mask)


def _feature_lists(compiled: CompiledCard, parts: _Parts, is_scored: Mask) -> dict[str, pa.Array]:
    codes = parts.codes.ravel()
    counts = np.full(parts.score.size, len(compiled.features), np.int32)
    values = decimals_from_millionths(parts.millionths.ravel(), compiled.has_value[codes])
    return {
        "feature_values": _list_array(values, counts, is_scored),
        "bins": _list_array(_look_up(codes, compiled.labels), counts, is_scored),
        "points": _list_array(pa.array(compiled.points[codes]), counts, is_scored),
    }


def _reason_lists(compiled: CompiledCard, parts: _Parts, is_scored: Mask) -> dict[str, pa.Array]:
    counts = parts.reason_counts
    codes = parts.reasons[np.arange(REASON_COUNT) < counts[:, np.newaxis]]
    columns = {
        "reason_features": _look_up(codes, compiled.feature_names),
        "reason_points": pa.array(compiled.points[codes]),
        "reason_points_lost": pa.array(compiled.points_lost[codes]),
        "reason_codes": _look_up(codes, compiled.reason_codes),
        "reasons_zh": _look_up(codes, compiled.reasons_zh),
        "reasons_en": _look_up(codes, compiled.reasons_en),
    }
    return {name: _list_array(values, counts, is_scored) for name, values in columns.items()}


def _look_up(codes: Codes, texts: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), texts)
