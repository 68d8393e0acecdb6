"""How much a score rests on: its strength, and the range that missing evidence leaves open.

The range is a worst case, not a probability: the bounds of a mean of which only a share was seen
(C. F. Manski, "Nonparametric Bounds on Treatment Effects", American Economic Review 80, 1990).
What was seen counts as it is; what was not could be anything from a feature's worst bin to its
best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from scoring.cards.card import STRENGTHS, Card, CardFeature, EvidenceLevel, ScoreRange
from scoring.score.columns import Int32s, Int64s, Mask, Places, read_numbers, take_column

NO_STRENGTH = "none"
MONTHS_COLUMN, DAYS_COLUMN = "months_on_book", "evidence_days"


@dataclass(frozen=True)
class OpenPoints:
    """Points that a feature could still lose or gain.

    Attributes:
        window_months: Months of history that its value is meant to describe.
        losses: By place and months of history (0 to ``window_months``), flat.
        gains: Likewise.
    """

    window_months: int
    losses: Int32s
    gains: Int32s


@dataclass(frozen=True)
class CompiledEvidence:
    """A card's part ``evidence``, ready for use.

    Attributes:
        levels: Weakest first.
        open_points: One per feature of the card; None for a feature that leaves nothing open.
        error_points: What the calibration adds on both sides.
    """

    levels: tuple[EvidenceLevel, ...]
    open_points: tuple[OpenPoints | None, ...]
    error_points: int


def compile_evidence(card: Card) -> CompiledEvidence | None:
    """The tables of a card; None for a card that says nothing about evidence."""
    if card.evidence is None:
        return None
    windows = card.evidence.window_months
    return CompiledEvidence(
        levels=card.evidence.levels,
        open_points=tuple(
            _open_points(feature, windows[feature.feature_name])
            if feature.feature_name in windows
            else None
            for feature in card.features
        ),
        error_points=card.evidence.calibration_error_points,
    )


def read_whole(batch: pa.RecordBatch, name: str) -> Int64s:
    """A count, row by row; one that is missing, unusable or negative counts as 0.

    Raises:
        ConfigurationError: The column is absent or of another type.
    """
    column = read_numbers(take_column(batch, name), name)
    counts: Int64s = np.maximum(column.units // 10**column.digits, 0)
    for absent in (column.missing, column.unseen):
        if absent is not None:
            counts[absent] = 0
    return counts


def find_strengths(
    evidence: CompiledEvidence | None, batch: pa.RecordBatch, has_consent: Mask
) -> pa.DictionaryArray:
    """The greatest strength whose minimums are both met, or ``none``.

    Returns:
        One text per row; NULL without consent, and for a card that says nothing about evidence.
    """
    texts = pa.array([NO_STRENGTH, *STRENGTHS])
    reached = np.zeros(batch.num_rows, np.int8)
    if evidence is None:
        return pa.DictionaryArray.from_arrays(pa.nulls(batch.num_rows, pa.int8()), texts)
    days, months = read_whole(batch, DAYS_COLUMN), read_whole(batch, MONTHS_COLUMN)
    for level in evidence.levels:
        reached += (days >= level.evidence_days) & (months >= level.months_on_book)
    return pa.DictionaryArray.from_arrays(pa.array(reached, mask=~has_consent), texts)


class OpenRange:
    """Adds up what missing evidence leaves open of scored rows, block by block.

    Attributes:
        low: The least score, once ``close`` has seen the row's block.
        high: The greatest.

    Args:
        evidence: Of the card.
        months: Months of history of every scored row.
    """

    def __init__(self, evidence: CompiledEvidence, months: Int64s) -> None:
        self._evidence = evidence
        self._months = months
        self.low = np.full(months.size, -evidence.error_points, np.int32)
        self.high = np.full(months.size, evidence.error_points, np.int32)

    def add(self, number: int, here: slice, places: Places) -> None:
        """Take in one feature of one block.

        Args:
            number: The feature's place in the card.
            here: The block's rows.
            places: Of the block's rows.
        """
        still = self._evidence.open_points[number]
        if still is None:
            return
        cells = np.minimum(self._months[here], still.window_months)
        cells += places.astype(np.int64) * (still.window_months + 1)
        self.low[here] -= np.take(still.losses, cells, mode="clip")
        self.high[here] += np.take(still.gains, cells, mode="clip")

    def close(self, here: slice, total: Int32s, limits: ScoreRange) -> None:
        """Turn the sums of one block into scores.

        Args:
            here: The block's rows.
            total: Their unclipped scores.
            limits: What scores are clipped to.
        """
        for bounds in (self.low, self.high):
            bounds[here] = np.clip(bounds[here] + total, limits.minimum, limits.maximum)


def _open_points(feature: CardFeature, window_months: int) -> OpenPoints:
    worst = min(part.points for part in feature.bins)
    best = max(part.points for part in feature.bins)
    unseen, missing = feature.unseen.points, feature.missing.points
    inside = [part.points for part in feature.bins]
    # The run of places: below the bins, the bins, beyond them, NULL, no usable number.
    run = [unseen, *inside, unseen, missing, unseen]
    losses, gains = [], []
    for place, points in enumerate(run):
        is_known = 1 <= place <= len(inside)
        for months in range(window_months + 1):
            unknown = window_months - months if is_known else window_months
            losses.append(_share(points - worst, unknown, window_months))
            gains.append(_share(best - points, unknown, window_months))
    return OpenPoints(window_months, np.array(losses, np.int32), np.array(gains, np.int32))


def _share(points: int, unknown: int, window_months: int) -> int:
    """That share of the points, rounded away from the score."""
    return -(-max(points, 0) * unknown // window_months)
