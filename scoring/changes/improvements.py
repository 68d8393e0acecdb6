"""The smallest changes in features the user can act on that reach a score. Pure.

The fewest features first, then the fewest bins moved, then the most points; found exactly, since
points are additive: for every number of features and of bins moved, the most points to be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from scoring.cards.card import Bin, Card, CardFeature
from scoring.changes.actionable import Action
from scoring.changes.rescoring import compile_unconditionally
from scoring.score.scorer import score_batch

STEPS = {"count": "1", "days": "1", "months": "1", "cny": "0.01", "mean_days": "0.01"}
"""Unit -> the least by which a value can differ; else a millionth."""

_Value = Decimal | None


@dataclass(frozen=True)
class Move:
    """One feature moved to another bin.

    Attributes:
        feature_name: The feature.
        value: Its value now.
        target: The nearest value in the other bin.
        bin: Label of the bin now.
        target_bin: Label of the other bin.
        gain: Points won; more than 0.
        distance: Bins moved, at least 1.
    """

    feature_name: str
    value: Decimal
    target: Decimal
    bin: str
    target_bin: str
    gain: int
    distance: int


@dataclass(frozen=True)
class Improvement:
    """What reaches the wanted score, or comes nearest.

    Attributes:
        moves: In the card's order; none if nothing that can be acted on would add a point.
        score: The score with these values, by scoring them.
        is_reached: Whether that is the wanted one or more.
    """

    moves: tuple[Move, ...]
    score: int
    is_reached: bool


def find_improvement(
    card: Card,
    values: Mapping[str, _Value],
    units: Mapping[str, str],
    actions: Mapping[str, Action],
    wanted: int,
) -> Improvement:
    """The smallest changes that give at least ``wanted``.

    Features without a value are never moved: who has no bills cannot pay them on time, and is not
    told to run some up.

    Args:
        card: The card of the score.
        values: Every feature of the card as scored; None is missing.
        units: Unit by feature, from the catalogue.
        actions: What may be advised.
        wanted: Whole points, within the card's range.

    Returns:
        Verified by scoring the changed values. Where ``wanted`` is out of reach, every move that
        gives the most points of its feature.

    Example:
        At 596 with a utilisation of 0.60 (-4 points; 5 from 0.3 to 0.5), 600 is reached by one
        move of one bin that gains 9.
    """
    options = [
        possible
        for feature in card.features
        if (possible := _moves_of(feature, values, units, actions.get(feature.feature_name)))
    ]
    total = card.base_points + sum(_points(feature, values) for feature in card.features)
    found = _fewest(options, wanted - total)
    moves = tuple(found) if found is not None else tuple(_best(possible) for possible in options)
    score = rescore(card, {**values, **{move.feature_name: move.target for move in moves}})
    return Improvement(moves, score, is_reached=score >= wanted)


def rescore(card: Card, values: Mapping[str, _Value]) -> int:
    """The score of these values, whoever they belong to."""
    columns = {
        feature.feature_name: pa.array([values[feature.feature_name]], pa.decimal128(18, 6))
        for feature in card.features
    }
    batch = pa.RecordBatch.from_pydict(
        {
            "user_key": pa.array([0], pa.int64()),
            "has_scoring_consent": pa.array([True]),
            **columns,
        }
    )
    score: int = score_batch(compile_unconditionally(card), batch).column("score")[0].as_py()
    return score


def _moves_of(
    feature: CardFeature,
    values: Mapping[str, _Value],
    units: Mapping[str, str],
    action: Action | None,
) -> list[Move]:
    """Moves in the advised direction that gain points, nearest first."""
    value = values[feature.feature_name]
    here = None if value is None else _place(feature, value)
    if action is None or value is None or here is None:
        return []
    step = Decimal(STEPS.get(units.get(feature.feature_name, ""), "0.000001"))
    direction = 1 if action.change == "raise" else -1
    moves = []
    for distance in range(1, len(feature.bins)):
        place = here + direction * distance
        if not 0 <= place < len(feature.bins):
            break
        other = feature.bins[place]
        target = other.lower if direction > 0 else _below(other, step)
        gain = other.points - feature.bins[here].points
        if gain > 0 and target is not None:
            moves.append(
                Move(
                    feature_name=feature.feature_name,
                    value=value,
                    target=target,
                    bin=feature.bins[here].label,
                    target_bin=other.label,
                    gain=gain,
                    distance=distance,
                )
            )
    return moves


def _below(other: Bin, step: Decimal) -> Decimal | None:
    """The greatest value of a bin; None if no value of that unit fits into it."""
    if other.upper is None:
        return None
    target = other.upper - step
    return target if other.lower is None or target >= other.lower else None


def _place(feature: CardFeature, value: Decimal) -> int | None:
    for place, part in enumerate(feature.bins):
        if (part.lower is None or value >= part.lower) and (
            part.upper is None or value < part.upper
        ):
            return place
    return None


def _points(feature: CardFeature, values: Mapping[str, _Value]) -> int:
    value = values[feature.feature_name]
    if value is None:
        return feature.missing.points
    place = _place(feature, value)
    return feature.unseen.points if place is None else feature.bins[place].points


def _best(moves: Sequence[Move]) -> Move:
    return max(moves, key=lambda move: (move.gain, -move.distance))


def _fewest(options: Sequence[Sequence[Move]], needed: int) -> list[Move] | None:
    """The fewest moves, then the fewest bins, then the most points; None if out of reach."""
    gains = sorted((_best(moves).gain for moves in options), reverse=True)
    count = next((n for n in range(len(gains) + 1) if sum(gains[:n]) >= needed), None)
    if count is None:
        return None
    # (number of moves, bins moved) -> the most points, and the moves that give them.
    reached: dict[tuple[int, int], tuple[int, tuple[Move, ...]]] = {(0, 0): (0, ())}
    for moves in options:
        for (number, distance), (gain, chosen) in list(reached.items()):
            if number == count:
                continue
            for move in moves:
                place = (number + 1, distance + move.distance)
                if place not in reached or reached[place][0] < gain + move.gain:
                    reached[place] = (gain + move.gain, (*chosen, move))
    enough = [
        (distance, list(chosen))
        for (number, distance), (gain, chosen) in reached.items()
        if number == count and gain >= needed
    ]
    return min(enough, key=lambda entry: entry[0])[1]
