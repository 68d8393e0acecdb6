"""The card of a past night, by its id."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.cards.card import Card
from scoring.cards.loader import load_card
from scoring.releases.card_files import card_folder, load_released
from scoring.releases.ledger import Ledger
from scoring.settings import Settings


def find_card(
    settings: Settings, card_id: str, catalog: Mapping[str, str], ledger: Ledger | None = None
) -> Card | None:
    """The card that a night names; None if it is kept no more.

    Args:
        settings: The deployment.
        card_id: For example ``expert_v1``.
        catalog: Feature name -> dimension, from ``feature_catalog``.
        ledger: Which content the id was released with; None where only the published files are
            read.

    Raises:
        ConfigurationError: The card is there and refused.
    """
    path = card_folder(settings, card_id) / f"{card_id}.json"
    if not path.is_file():
        return None
    if ledger is not None and card_id in ledger.cards():
        return load_released(settings, ledger.require(card_id), catalog)
    return load_card(path, catalog)
