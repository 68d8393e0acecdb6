"""A card as flat lookup tables, made once and used for every batch.

Each feature owns a run of *codes*: below the first bin, each bin, beyond the last bin, NULL, and no
number. What a code earns, loses, is called and is explained by are tables indexed by the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.cards.card import Card, CardFeature, ValueRule
from scoring.cards.checks import RULE_LABELS
from scoring.score.columns import SCALE_DIGITS, Int64s, Mask

MISSING_LABEL, UNSEEN_LABEL = RULE_LABELS

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class CompiledFeature:
    """Where a feature's codes start, and the edges (millionths) that count them up.

    A value's code is ``first_code`` plus the number of edges that it reaches.
    """

    feature_name: str
    dimension: str
    edges: Int64s
    first_code: int
    missing_code: int
    unseen_code: int


@dataclass(frozen=True)
class CompiledCard:
    """A card ready for :func:`scoring.score.scorer.score_batch`.

    Attributes:
        card: The card itself.
        features: In the card's order.
        dimensions: In the card's order.
        scorability_minimums: Feature name and least value in millionths.
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
        first_code = len(codes)
        codes.extend(_codes_of(feature))
        features.append(
            CompiledFeature(
                feature_name=feature.feature_name,
                dimension=feature.dimension,
                edges=_edges_of(feature),
                first_code=first_code,
                missing_code=len(codes) - 2,
                unseen_code=len(codes) - 1,
            )
        )
    return CompiledCard(
        card=card,
        features=tuple(features),
        dimensions=tuple(entry.dimension for entry in card.dimensions),
        scorability_minimums=tuple(
            (rule.feature_name, _millionths(rule.minimum)) for rule in card.scorability
        ),
        points=np.array([code.points for code in codes], np.int32),
        points_lost=np.array([code.points_lost for code in codes], np.int32),
        has_value=np.array([code.has_value for code in codes], np.bool_),
        labels=pa.array([code.label for code in codes]),
        feature_names=pa.array([code.feature_name for code in codes]),
        reason_codes=pa.array([code.reason_code for code in codes]),
        reasons_zh=pa.array([code.reason_zh for code in codes]),
        reasons_en=pa.array([code.reason_en for code in codes]),
    )


def _edges_of(feature: CardFeature) -> Int64s:
    first, last = feature.bins[0], feature.bins[-1]
    lowest = np.iinfo(np.int64).min if first.lower is None else _millionths(first.lower)
    edges = [lowest]
    edges.extend(_millionths(part.lower) for part in feature.bins[1:] if part.lower is not None)
    if last.upper is not None:
        edges.append(_millionths(last.upper))
    return np.array(edges, np.int64)


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
