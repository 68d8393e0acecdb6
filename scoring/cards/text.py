"""A card as a page of text that one can score by."""

from __future__ import annotations

from scoring.cards.calibration import calibration_formula
from scoring.cards.card import Card


def render_card(card: Card) -> str:
    """Scale, calibration and the points of every bin, in the card's order."""
    limits = card.score_range
    lines = [
        f"{card.card_id}: {card.title}",
        card.purpose,
        (
            f"{card.scale.base_score} points: {card.scale.base_odds} good to one bad"
            f" ({card.scale.meaning}); {card.scale.pdo} points double the odds"
        ),
        f"score = {card.base_points} + points below, kept within {limits.minimum}-{limits.maximum}",
    ]
    if card.calibration is not None:
        lines.append(f"{calibration_formula(card)}: {card.calibration.outcome}")
    lines += [
        f"scored only with {rule.feature_name} >= {rule.minimum.normalize():f}"
        for rule in card.scorability
    ]
    for feature in card.features:
        lines += ["", f"{feature.feature_name} ({feature.dimension}, {feature.monotone})"]
        rows = [(part.label, part.points) for part in feature.bins]
        rows += [("missing", feature.missing.points), ("unseen", feature.unseen.points)]
        lines += [f"  {label:<32} {points:>6}" for label, points in rows]
    return "\n".join(lines)
