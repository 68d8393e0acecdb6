"""A card as flat lookup tables, made once and used for every batch.

Each feature owns a run of *codes*: below the first bin, each bin, beyond the last bin, NULL, and no
number. What a code earns, loses, is called and is explained by are tables indexed by the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from scoring.cards.card import Card, CardFeature, ValueRule
from scoring.cards.checks import RULE_LABELS
from scoring.score.columns import SCALE_DIGITS, Int32s, Mask, units_from_millionths
from scoring.score.evidence import CompiledEvidence, compile_evidence

MISSING_LABEL, UNSEEN_LABEL = RULE_LABELS


@dataclass(frozen=True)
class CompiledFeature:
    """One feature's run of codes, and the edges that count them up.

    A value's place in the run is the number of edges that it reaches: 0 below the first bin.

    Attributes:
        feature_name: Name of the column.
        dimension: Where its points count.
        first_code: The run's first code; a code is this plus the place.
        open_edges: 1 if the first bin has no lower end: an edge that everything reaches.
        edges: By number of decimals (0 to 6) of a column: the other edges in its units.
        missing_place: Place of NULL.
        unseen_place: Place of no usable number.
        points: Points by place.
        maximum_points: The most of them.
    """

    feature_name: str
    dimension: str
    first_code: int
    open_edges: int
    edges: tuple[tuple[int, ...], ...]
    missing_place: int
    unseen_place: int
    points: Int32s
    maximum_points: int


@dataclass(frozen=True)
class CompiledCard:
    """A card ready for :func:`scoring.score.scorer.score_batch`.

    Attributes:
        card: The card itself.
        features: In the card's order.
        dimensions: In the card's order.
        scorability_minimums: Feature name and least value in millionths.
        evidence: What a score rests on, if the card says so.
        points: Points by code.
        points_lost: Maximum of the feature minus points, by code.
        has_value: Whether a value is shown with this code.
        labels: Bin label by code.
        feature_names: Feature name by code.
        reason_codes: Reason code by code.
        reasons_zh: Reason in Chinese by code.
        reasons_en: Reason in English by code.
    """

    card: Card
    features: tuple[CompiledFeature, ...]
    dimensions: tuple[str, ...]
    scorability_minimums: tuple[tuple[str, int], ...]
    evidence: CompiledEvidence | None
    points: Int32s
    points_lost: Int32s
    has_value: Mask
    labels: pa.Array
    feature_names: pa.Array
    reason_codes: pa.Array
    reasons_zh: pa.Array
    reasons_en: pa.Array


@dataclass(frozen=True)
class _Code:
    feature_name: str
    label: str
    points: int
    points_lost: int
    has_value: bool
    reason_code: str
    reason_zh: str
    reason_en: str


def compile_card(card: Card) -> CompiledCard:
    """Turn a checked card into lookup tables; a few microseconds per bin."""
    codes: list[_Code] = []
    features: list[CompiledFeature] = []
    for feature in card.features:
        run = _codes_of(feature)
        features.append(_compile_feature(feature, first_code=len(codes), run=run))
        codes.extend(run)
    return CompiledCard(
        card=card,
        features=tuple(features),
        dimensions=tuple(entry.dimension for entry in card.dimensions),
        scorability_minimums=tuple(
            (rule.feature_name, _millionths(rule.minimum)) for rule in card.scorability
        ),
        evidence=compile_evidence(card),
        points=np.array([code.points for code in codes], np.int32),
        points_lost=np.array([code.points_lost for code in codes], np.int32),
        has_value=np.array([code.has_value for code in codes], np.bool_),
        labels=pa.array([code.label for code in codes]),
        feature_names=pa.array([code.feature_name for code in codes]),
        reason_codes=pa.array([code.reason_code for code in codes]),
        reasons_zh=pa.array([code.reason_zh for code in codes]),
        reasons_en=pa.array([code.reason_en for code in codes]),
    )


def _compile_feature(feature: CardFeature, first_code: int, run: list[_Code]) -> CompiledFeature:
    edges = edges_of(feature)
    return CompiledFeature(
        feature_name=feature.feature_name,
        dimension=feature.dimension,
        first_code=first_code,
        open_edges=1 if feature.bins[0].lower is None else 0,
        edges=tuple(
            tuple(units_from_millionths(edge, digits) for edge in edges)
            for digits in range(SCALE_DIGITS + 1)
        ),
        missing_place=len(run) - 2,
        unseen_place=len(run) - 1,
        points=np.array([code.points for code in run], np.int32),
        maximum_points=feature.maximum_points,
    )


def edges_of(feature: CardFeature) -> list[int]:
    """Every end of a bin that is not open, in millionths, ascending."""
    ends = [part.lower for part in feature.bins] + [feature.bins[-1].upper]
    return [_millionths(end) for end in ends if end is not None]


def _millionths(edge: Decimal) -> int:
    return int(edge.scaleb(SCALE_DIGITS))


def _codes_of(feature: CardFeature) -> list[_Code]:
    bins = [
        _code(feature, part.label, part.points, has_value=True, told=feature)
        for part in feature.bins
    ]
    outside = _code(
        feature, UNSEEN_LABEL, feature.unseen.points, has_value=True, told=feature.unseen
    )
    missing = _code(
        feature, MISSING_LABEL, feature.missing.points, has_value=False, told=feature.missing
    )
    no_number = _code(
        feature, UNSEEN_LABEL, feature.unseen.points, has_value=False, told=feature.unseen
    )
    return [outside, *bins, outside, missing, no_number]


def _code(
    feature: CardFeature, label: str, points: int, *, has_value: bool, told: CardFeature | ValueRule
) -> _Code:
    return _Code(
        feature_name=feature.feature_name,
        label=label,
        points=points,
        points_lost=feature.maximum_points - points,
        has_value=has_value,
        reason_code=told.reason_code,
        reason_zh=told.reason_zh,
        reason_en=told.reason_en,
    )
