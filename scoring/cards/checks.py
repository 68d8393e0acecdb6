"""What a card must hold true beyond its shape; each refusal names the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from scoring.cards.canonical import hash_card
from scoring.cards.card import (
    DIMENSIONS,
    STRENGTHS,
    WAREHOUSE,
    Bin,
    Card,
    CardEvidence,
    CardFeature,
)
from scoring.errors import ConfigurationError

_CORRECT = "Correct the card, have it reviewed and seal it: python -m scoring.cards.seal FILE"
RULE_LABELS = ("missing", "unseen")


def card_refused(
    name: str, place: str, *, expected: str, got: str, next_step: str = _CORRECT
) -> ConfigurationError:
    """The error for a card that cannot be used."""
    return ConfigurationError(
        "card refused",
        subject=f"{name} at {place}",
        expected=expected,
        got=got,
        next_step=next_step,
    )


def check_hash(card: Card, name: str) -> None:
    """Refuse a card that does not say what it said when it was sealed."""
    actual = hash_card(card)
    if card.hash != actual:
        raise card_refused(
            name,
            "hash",
            expected=f"{actual} (of what the card says now)",
            got=card.hash,
            next_step="Restore the released file; a changed card gets a new name_vN and a review.",
        )


def check_content(card: Card, name: str, catalog: Mapping[str, str]) -> None:
    """Refuse a card whose parts contradict each other or the feature catalogue.

    Args:
        card: The parsed card.
        name: What messages call it (its file name).
        catalog: Feature name -> dimension, from ``feature_catalog``; not asked about a card of
            another table, whose features must be columns that its ``training`` lists.

    Raises:
        ConfigurationError: The first contradiction, with its place.
    """
    _check_frame(card, name)
    known_from = "feature_catalog"
    if card.data_source != WAREHOUSE:
        catalog, known_from = _catalog_of_table(card, name), "training.columns"
    seen: set[str] = set()
    for feature in card.features:
        place = f"features.{feature.feature_name}"
        _check_catalogued(feature.feature_name, name, place, catalog, known_from)
        if feature.feature_name in seen:
            raise card_refused(name, place, expected="each feature once", got="a second entry")
        seen.add(feature.feature_name)
        _check_dimension(feature, card, name, place, catalog)
        _check_bins(feature.bins, name, place)
        _check_monotone(feature, name, place)
    for rule in card.scorability:
        place = f"scorability.{rule.feature_name}"
        _check_catalogued(rule.feature_name, name, place, catalog, known_from)
    if card.evidence is not None:
        _check_evidence(card, card.evidence, name)


def _check_frame(card: Card, name: str) -> None:
    if card.score_range.minimum >= card.score_range.maximum:
        got = f"{card.score_range.minimum} to {card.score_range.maximum}"
        raise card_refused(name, "score_range", expected="minimum below maximum", got=got)
    if card.kind == "expert" and (card.calibration is not None or card.training is not None):
        raise card_refused(
            name,
            "calibration, training",
            expected="null in an expert card, which was fitted to nothing",
            got="a value",
        )
    if card.kind == "trained" and card.training is None:
        raise card_refused(
            name, "training", expected="the training data's facts in a trained card", got="null"
        )


def _catalog_of_table(card: Card, name: str) -> dict[str, str]:
    """Column -> dimension of a card that was trained on a table of its own."""
    columns = (card.training or {}).get("columns")
    if card.kind != "trained" or not isinstance(columns, list):
        raise card_refused(
            name,
            "training.columns",
            expected=f"the columns of the training table, as data_source is not {WAREHOUSE}",
            got="none",
        )
    own = {feature.feature_name: feature.dimension for feature in card.features}
    return {str(column): own.get(str(column), "") for column in columns}


def _check_catalogued(
    feature_name: str, name: str, place: str, catalog: Mapping[str, str], known_from: str
) -> None:
    if feature_name not in catalog:
        raise card_refused(
            name, place, expected=f"a feature of {known_from}", got=repr(feature_name)
        )


def _check_dimension(
    feature: CardFeature, card: Card, name: str, place: str, catalog: Mapping[str, str]
) -> None:
    place += ".dimension"
    own = [entry.dimension for entry in card.dimensions]
    is_of_warehouse = card.data_source == WAREHOUSE
    allowed = [entry for entry in own if entry in DIMENSIONS or not is_of_warehouse]
    if feature.dimension not in allowed:
        expected = f"one of the card's dimensions with a points column ({' | '.join(allowed)})"
        raise card_refused(name, place, expected=expected, got=repr(feature.dimension))
    catalogued = catalog[feature.feature_name]
    if feature.dimension != catalogued:
        expected = f"{catalogued!r}, as in feature_catalog"
        raise card_refused(name, place, expected=expected, got=repr(feature.dimension))


def _check_bins(bins: tuple[Bin, ...], name: str, place: str) -> None:
    for number, part in enumerate(bins):
        here = f"{place}.bins[{number}]"
        if part.lower is not None and part.upper is not None and part.lower >= part.upper:
            got = f"{part.lower} to {part.upper}"
            raise card_refused(name, here, expected="lower below upper", got=got)
    for number, (before, part) in enumerate(pairwise(bins), start=1):
        if before.upper is None or part.lower != before.upper:
            here = f"{place}.bins[{number}].lower"
            raise card_refused(name, here, **_describe_break(before, part))
    _check_labels([part.label for part in bins], name, place)


def _describe_break(before: Bin, part: Bin) -> dict[str, str]:
    if before.upper is None:
        return {"expected": "an open end only at the last bin", "got": f"{part.lower}"}
    expected = f"{before.upper}, where the bin before ends"
    if part.lower is None:
        return {"expected": expected, "got": "an open start"}
    kind = "an overlap" if part.lower < before.upper else "a gap"
    return {"expected": expected, "got": f"{part.lower} ({kind})"}


def _check_labels(labels: Iterable[str], name: str, place: str) -> None:
    seen = set(RULE_LABELS)
    for number, label in enumerate(labels):
        if label in seen:
            expected = f"a label used once, and none of {' | '.join(RULE_LABELS)}"
            here = f"{place}.bins[{number}].label"
            raise card_refused(name, here, expected=expected, got=repr(label))
        seen.add(label)


def _check_monotone(feature: CardFeature, name: str, place: str) -> None:
    if feature.monotone == "none":
        return
    sign = 1 if feature.monotone == "increasing" else -1
    word = "at least" if sign == 1 else "at most"
    for number, (before, part) in enumerate(pairwise(feature.bins), start=1):
        if (part.points - before.points) * sign < 0:
            raise card_refused(
                name,
                f"{place}.bins[{number}].points",
                expected=f"{word} {before.points}, as monotone is {feature.monotone}",
                got=str(part.points),
            )


def _check_evidence(card: Card, evidence: CardEvidence, name: str) -> None:
    named = tuple(level.strength for level in evidence.levels)
    if named != STRENGTHS:
        expected, got = " | ".join(STRENGTHS), " | ".join(named)
        raise card_refused(name, "evidence.levels", expected=expected, got=got)
    for number, (before, level) in enumerate(pairwise(evidence.levels), start=1):
        for part in ("evidence_days", "months_on_book"):
            least, found = getattr(before, part), getattr(level, part)
            if found < least:
                place = f"evidence.levels[{number}].{part}"
                raise card_refused(name, place, expected=f"at least {least}", got=str(found))
    known = {feature.feature_name for feature in card.features}
    for feature_name in evidence.window_months:
        if feature_name not in known:
            place = f"evidence.window_months.{feature_name}"
            raise card_refused(name, place, expected="a feature of the card", got="another one")
    if card.calibration is None and evidence.calibration_error_points != 0:
        raise card_refused(
            name,
            "evidence.calibration_error_points",
            expected="0 in a card without calibration",
            got=str(evidence.calibration_error_points),
        )
