"""The card of a past night, by its id."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.cards import loader
from scoring.cards.card import Card


def find_card(card_id: str, catalog: Mapping[str, str]) -> Card | None:
    """The card that a night names; None if it is kept no more.

    Args:
        card_id: For example ``expert_v1``.
        catalog: Feature name -> dimension, from ``feature_catalog``.

    Raises:
        ConfigurationError: The card is there and refused.
    """
    path = loader.CARDS_FOLDER / f"{card_id}.json"
    return loader.load_card(path, catalog) if path.is_file() else None
