"""The cards of one night, as the ledger says now, or as asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from scoring.cards.card import Card
from scoring.cards.loader import read_catalog_seed
from scoring.errors import CreditloopError
from scoring.nights import Night
from scoring.releases.card_files import load_released, read_report
from scoring.releases.ledger import Release
from scoring.releases.store import read_ledger
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

Role = Literal["champion", "requested", "challenger"]


@dataclass(frozen=True)
class NightCards:
    """Who scores a night.

    Attributes:
        card: The card whose scores can be published.
        champion_id: The champion of that night.
        challengers: Cards that score in the shadow.
        unusable: Challengers whose card was refused, with the refusal.
    """

    card: Card
    champion_id: str
    challengers: tuple[Card, ...]
    unusable: tuple[tuple[Release, str], ...]

    @property
    def role(self) -> Role:
        """Whether the card is the night's champion or was asked for instead of it."""
        return "champion" if self.card.card_id == self.champion_id else "requested"


def choose_cards(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    night: Night,
    catalog: Mapping[str, str],
) -> NightCards:
    """The champion of the night's ``as_of_date`` and its challengers, by the ledger as it is now.

    A card asked for instead of the champion may be in any state, but needs its validation report
    as a champion does: what it scores can be published.

    Args:
        connection: The warehouse.
        settings: The deployment.
        night: The night; ``night.card_id`` asks for a card.
        catalog: Feature name -> dimension.

    Raises:
        ConfigurationError: No champion, or the card is unknown, refused or without its report.
    """
    ledger = read_ledger(connection)
    champion = ledger.champion(night.as_of_date)
    chosen = champion if night.card_id is None else ledger.require(night.card_id)
    card = load_released(settings, chosen, catalog)
    if chosen.card_id != champion.card_id:
        read_report(settings, card)
    challengers: list[Card] = []
    unusable: list[tuple[Release, str]] = []
    for release in ledger.in_state("challenger", night.as_of_date):
        if release.card_id == card.card_id:
            continue
        try:
            challengers.append(load_released(settings, release, catalog))
        except CreditloopError as error:
            unusable.append((release, str(error)))
    return NightCards(card, champion.card_id, tuple(challengers), tuple(unusable))


def check_requested(settings: Settings, card_id: str) -> None:
    """Refuse a card that was asked for before a long run starts, rather than in its midst.

    Raises:
        ConfigurationError: It is unknown, refused or without its report.
    """
    with open_warehouse(settings) as connection:
        release = read_ledger(connection).require(card_id)
    read_report(settings, load_released(settings, release, read_catalog_seed()))
