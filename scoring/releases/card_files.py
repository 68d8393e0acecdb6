"""Where a deployment's cards are: those that ship with the package, and ``<home>/cards``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from scoring.cards import loader
from scoring.cards.canonical import dump_card
from scoring.cards.card import Card
from scoring.cards.checks import card_refused
from scoring.cards.loader import load_card
from scoring.cards.report_seal import ReportSeal, read_report_seal, seal_path
from scoring.errors import ConfigurationError
from scoring.publish.files import READ_ONLY, aside, settle
from scoring.releases.ledger import Release
from scoring.settings import Settings

_RESTORE = "Restore the released file; a changed card gets a new name_vN and a review."


def card_folder(settings: Settings, card_id: str) -> Path:
    """The folder that a card's file and report are in."""
    shipped = loader.CARDS_FOLDER
    return shipped if (shipped / f"{card_id}.json").is_file() else settings.cards


def load_released(settings: Settings, release: Release, catalog: Mapping[str, str]) -> Card:
    """The card that an entry of the ledger means, found to say what it said then.

    Args:
        settings: The deployment.
        release: The entry.
        catalog: Feature name -> dimension.

    Raises:
        ConfigurationError: The file is gone, changed, or does not fit the catalogue.
    """
    path = card_folder(settings, release.card_id) / f"{release.card_id}.json"
    card = load_card(path, catalog)
    if card.hash != release.card_hash:
        raise card_refused(
            path.name,
            "hash",
            expected=f"{release.card_hash}, with which it is registered",
            got=card.hash,
            next_step=_RESTORE,
        )
    return card


def read_report(settings: Settings, card: Card) -> ReportSeal:
    """The seal of a card's validation report.

    Raises:
        ConfigurationError: There is none, or it is not of this very card.
    """
    return read_report_seal(card, card_folder(settings, card.card_id))


def store_card(settings: Settings, card: Card, source: Path) -> None:
    """Put a card, and the sealed report beside it if there is one, into ``<home>/cards``.

    Nothing happens for a card that ships with the package or lies there already.

    Raises:
        ConfigurationError: A file of this name is there and says something else.
    """
    if card_folder(settings, card.card_id) != settings.cards:
        return
    target = settings.cards / f"{card.card_id}.json"
    if target.exists() and target.read_text(encoding="utf-8") != dump_card(card):
        if target.resolve() != source.resolve():
            raise ConfigurationError(
                "card not registered",
                subject=f"{target.name} in cards/",
                expected="no file of this name, or this very card",
                got="another one",
                next_step="Register that one, or move it away; nothing was changed.",
            )
    elif not target.exists():
        written = aside(target)
        written.write_text(dump_card(card), encoding="utf-8")
        settle(written, target)
    _store_report(settings, card, source.parent)


def _store_report(settings: Settings, card: Card, folder: Path) -> None:
    if folder.resolve() == settings.cards or not seal_path(card.card_id, folder).is_file():
        return
    seal = read_report_seal(card, folder)
    for source in (folder / seal.report, seal_path(card.card_id, folder)):
        target = settings.cards / source.name
        written = aside(target)
        shutil.copyfile(source, written)
        written.chmod(READ_ONLY)
        settle(written, target)
