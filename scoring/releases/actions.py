"""Registering, promoting, rolling back and retiring cards: files and ledger together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from scoring.cards.loader import load_card, read_catalog_seed
from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.errors import ConfigurationError
from scoring.releases import decisions
from scoring.releases.card_files import load_released, read_report, store_card
from scoring.releases.decisions import Circumstances
from scoring.releases.ledger import Ledger, Release, State, check_transition
from scoring.releases.store import append_releases, published_nights, read_ledger
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

REGISTERED = "registered"


@dataclass(frozen=True)
class Decision:
    """What a command did.

    Attributes:
        releases: The entries it added, the card's own one first; none where nothing changed.
        restated: Published nights that another card is champion of now: to be scored again.
    """

    releases: tuple[Release, ...]
    restated: tuple[date, ...] = ()

    @property
    def summary(self) -> str:
        """What was decided, and what follows from it."""
        if not self.releases:
            return "registered already; nothing changed"
        own, *others = self.releases
        text = f"{own.card_id} is {own.state}"
        if own.state != "draft":
            text += f" from {own.valid_from} on"
        text += "".join(f"; {other.card_id} is {other.state}" for other in others)
        if self.restated:
            nights = ", ".join(str(day) for day in self.restated)
            text += (
                f". Published by another card, to be scored and published again, in this order: "
                f"{nights} (creditloop nightly --date … --from-step score)"
            )
        return text


def register_card(settings: Settings, path: Path, decided_by: str | None = None) -> Decision:
    """Take a sealed card into the deployment as a draft.

    Raises:
        ConfigurationError: The card is refused, or its id belongs to another card.
    """
    card = load_card(path, read_catalog_seed())
    how = _circumstances(REGISTERED, decided_by)
    with open_warehouse(settings) as connection:
        ledger = read_ledger(connection)
        releases = decisions.register(ledger, card.card_id, card.hash, how)
        store_card(settings, card, path)
        # What lies there now is what will be scored with; it must be this card.
        entry = releases[0] if releases else ledger.require(card.card_id)
        load_released(settings, entry, read_catalog_seed())
        append_releases(connection, releases)
    return Decision(releases)


def promote_card(
    settings: Settings,
    card_id: str,
    to: State,
    *,
    reason: str,
    day: date | None = None,
    decided_by: str | None = None,
) -> Decision:
    """Make a card challenger or champion.

    Args:
        settings: The deployment.
        card_id: A registered card.
        to: ``challenger`` or ``champion``.
        reason: Why.
        day: First night it counts for; by default the one after the newest published night. An
            earlier day restates nights that are published.
        decided_by: Who decided.

    Raises:
        ConfigurationError: The card is unknown or in the wrong state, its file is not what was
            registered, it has no validation report of its own, or no day is known.
    """

    def decide(ledger: Ledger, start: date) -> tuple[Release, ...]:
        check_transition(ledger.require(card_id), to)
        report = _check_files(settings, ledger.require(card_id), needs_report=to == "champion")
        how = _circumstances(reason, decided_by)
        return decisions.promote(ledger, card_id, to, start, how, report)

    return _decide(settings, f"card promote {card_id}", day, decide)


def roll_back_card(
    settings: Settings, *, reason: str, day: date | None = None, decided_by: str | None = None
) -> Decision:
    """Return to the champion before the last promotion; see ``promote_card`` for the day.

    Raises:
        ConfigurationError: There was none, or its file or report is not what was released.
    """

    def decide(ledger: Ledger, start: date) -> tuple[Release, ...]:
        releases = decisions.roll_back(ledger, start, _circumstances(reason, decided_by))
        _check_files(settings, releases[0], needs_report=True)
        return releases

    return _decide(settings, "card rollback", day, decide)


def retire_card(
    settings: Settings,
    card_id: str,
    *,
    reason: str,
    day: date | None = None,
    decided_by: str | None = None,
) -> Decision:
    """Take a draft or challenger out of use; see ``promote_card`` for the day.

    Raises:
        ConfigurationError: The card is unknown, retired already, or champion.
    """

    def decide(ledger: Ledger, start: date) -> tuple[Release, ...]:
        return decisions.retire(ledger, card_id, start, _circumstances(reason, decided_by))

    return _decide(settings, f"card retire {card_id}", day, decide)


def _decide(
    settings: Settings,
    subject: str,
    day: date | None,
    decide: Callable[[Ledger, date], tuple[Release, ...]],
) -> Decision:
    with open_warehouse(settings) as connection:
        before = read_ledger(connection)
        start = day or _next_night(connection, subject)
        releases = decide(before, start)
        after = before.with_(*releases)
        append_releases(connection, releases)
        restated = tuple(
            night
            for night in published_nights(connection)
            if before.champion(night).card_id != after.champion(night).card_id
        )
    return Decision(releases, restated)


def _next_night(connection: duckdb.DuckDBPyConnection, subject: str) -> date:
    nights = published_nights(connection)
    if not nights:
        raise ConfigurationError(
            "option refused",
            subject=subject,
            expected="--from DATE while no night is published",
            got="no date",
            next_step="Say from which night on it holds: --from YYYY-MM-DD",
        )
    return nights[-1] + timedelta(days=1)


def _check_files(settings: Settings, release: Release, *, needs_report: bool) -> str | None:
    card = load_released(settings, release, read_catalog_seed())
    return read_report(settings, card).report_sha256 if needs_report else None


def _circumstances(reason: str, decided_by: str | None) -> Circumstances:
    return Circumstances(reason, utc_now(), decided_by, code_version())
