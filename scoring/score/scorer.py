"""The score as a pure function over Arrow record batches: whole numbers, columns, no rows.

Work goes block by block so that a block stays in the processor's cache; nothing depends on where a
block or a batch ends.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from scoring.cards.card import Card
from scoring.score.columns import Int32s, Int64s, Mask, read_numbers, take_column
from scoring.score.compiled import CompiledCard, compile_card
from scoring.score.details import Details, feature_lists, reason_lists
from scoring.score.evidence import MONTHS_COLUMN, OpenRange, find_strengths, read_whole
from scoring.score.places import PlaceFinder
from scoring.score.ranking import Ranking
from scoring.score.status import StatusColumns, assign_status

BLOCK_ROWS = 8_192


def score_batch(card: Card | CompiledCard, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Score one batch of users; a row's result depends on that row alone.

    Args:
        card: A checked card; compile it once when there is more than one batch.
        batch: ``user_key`` (int64), ``has_scoring_consent`` (bool), every feature that the card or
            its scorability rules name (integer, decimal or floating); for a card with a part
            ``evidence`` also ``months_on_book`` and ``evidence_days``. Others are ignored.

    Returns:
        One row per input row, in the same order:
        ``user_key``; ``score`` (int32, within the card's range); ``score_status``;
        ``score_status_reason``; ``points_base``, ``points_<dimension>`` and ``points_clipped``
        (int32, they sum to ``score``); ``feature_values``, ``bins``, ``points`` (lists in the
        card's order); ``reason_features``, ``reason_points``, ``reason_points_lost``,
        ``reason_codes``, ``reasons_zh``, ``reasons_en`` (lists, up to four, most points lost
        first, ties in the card's order); ``score_low`` and ``score_high`` (int32), the range that
        missing evidence leaves open; ``evidence_strength`` (``none``, ``thin``, ``moderate`` or
        ``strong``; NULL without consent). The last three are NULL for a card without a part
        ``evidence``. Everything else but key and status is NULL for a user that is not scored.

    Raises:
        ConfigurationError: A column is absent or of another type.

    Example:
        A card with base 600 and one feature whose bin earns 25 gives ``score`` 625,
        ``points_clipped`` 0.
    """
    compiled = card if isinstance(card, CompiledCard) else compile_card(card)
    status = assign_status(compiled, batch)
    is_scored = status.is_scored
    open_range = _open_range(compiled, batch, is_scored)
    details = _score_rows(compiled, _scored_features(compiled, batch, is_scored), open_range)
    columns = _head(batch, status, details.score)
    base = np.full_like(details.score, compiled.card.base_points)
    columns["points_base"] = _spread(base, is_scored)
    for dimension, points in details.dimension_points.items():
        columns[f"points_{dimension}"] = _spread(points, is_scored)
    columns["points_clipped"] = _spread(details.clipped, is_scored)
    columns |= feature_lists(compiled, details, is_scored)
    columns |= reason_lists(compiled, details, is_scored)
    for name, bound in (("score_low", "low"), ("score_high", "high")):
        columns[name] = (
            pa.nulls(batch.num_rows, pa.int32())
            if open_range is None
            else _spread(getattr(open_range, bound), is_scored)
        )
    columns["evidence_strength"] = find_strengths(compiled.evidence, batch, status.has_consent)
    return pa.RecordBatch.from_pydict(columns)


def score_alone(card: Card | CompiledCard, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The first four columns of ``score_batch``, at a fraction of its cost.

    Args:
        card: As for ``score_batch``.
        batch: As for ``score_batch``.

    Returns:
        ``user_key``, ``score``, ``score_status``, ``score_status_reason``, row by row.

    Raises:
        ConfigurationError: A column is absent or of another type.
    """
    compiled = card if isinstance(card, CompiledCard) else compile_card(card)
    status = assign_status(compiled, batch)
    score = np.full(batch.num_rows, compiled.card.base_points, np.int32)
    finder, points = PlaceFinder(BLOCK_ROWS), np.empty(BLOCK_ROWS, np.int32)
    for feature in compiled.features:
        column = read_numbers(take_column(batch, feature.feature_name), feature.feature_name)
        for here in _blocks(score.size):
            places = finder.find(feature, column, here)
            earned = np.take(feature.points, places, out=points[: places.size], mode="clip")
            score[here] += earned
    limits = compiled.card.score_range
    np.clip(score, limits.minimum, limits.maximum, out=score)
    return pa.RecordBatch.from_pydict(_head(batch, status, score[status.is_scored]))


def _head(batch: pa.RecordBatch, status: StatusColumns, score: Int32s) -> dict[str, pa.Array]:
    return {
        "user_key": take_column(batch, "user_key"),
        "score": _spread(score, status.is_scored),
        "score_status": status.codes,
        "score_status_reason": status.reasons,
    }


def _scored_features(
    compiled: CompiledCard, batch: pa.RecordBatch, is_scored: Mask
) -> pa.RecordBatch:
    names = [feature.feature_name for feature in compiled.features]
    features = pa.RecordBatch.from_arrays([take_column(batch, name) for name in names], names)
    return features if is_scored.all() else features.filter(pa.array(is_scored))


def _open_range(compiled: CompiledCard, batch: pa.RecordBatch, is_scored: Mask) -> OpenRange | None:
    if compiled.evidence is None:
        return None
    months: Int64s = read_whole(batch, MONTHS_COLUMN)[is_scored]
    return OpenRange(compiled.evidence, months)


def _score_rows(
    compiled: CompiledCard, features: pa.RecordBatch, open_range: OpenRange | None
) -> Details:
    columns = [
        read_numbers(array, name)
        for name, array in zip(features.schema.names, features.columns, strict=True)
    ]
    details = Details(compiled, features.num_rows)
    finder, points = PlaceFinder(BLOCK_ROWS), np.empty(BLOCK_ROWS, np.int32)
    limits = compiled.card.score_range
    for here in _blocks(features.num_rows):
        total = np.full(here.stop - here.start, compiled.card.base_points, np.int32)
        ranking = Ranking(total.size)
        for number, (feature, column) in enumerate(zip(compiled.features, columns, strict=True)):
            places = finder.find(feature, column, here)
            earned = np.take(feature.points, places, out=points[: places.size], mode="clip")
            details.keep(number, here, column, places, earned)
            total += earned
            ranking.add(number, feature.maximum_points, earned)
            if open_range is not None:
                open_range.add(number, here, places)
        np.clip(total, limits.minimum, limits.maximum, out=details.score[here])
        np.subtract(details.score[here], total, out=details.clipped[here])
        details.reasons[here], details.reason_counts[here] = ranking.pick(details.codes[here])
        if open_range is not None:
            open_range.close(here, total, limits)
    return details


def _blocks(rows: int) -> list[slice]:
    return [slice(start, min(start + BLOCK_ROWS, rows)) for start in range(0, rows, BLOCK_ROWS)]


def _spread(values: Int32s, is_scored: Mask) -> pa.Array:
    """Values of scored rows at their places, NULL elsewhere."""
    if values.size == is_scored.size:
        return pa.array(values)
    spread = np.zeros(is_scored.size, np.int32)
    spread[is_scored] = values
    return pa.array(spread, mask=~is_scored)
