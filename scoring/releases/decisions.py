"""What a decision adds to the ledger. Pure: no clock, no files, no store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from scoring.errors import ConfigurationError
from scoring.releases.ledger import FIRST_DAY, Action, Ledger, Release, State, check_transition


@dataclass(frozen=True)
class Circumstances:
    """What every entry of one decision carries.

    Attributes:
        reason: Why it was decided.
        decided_at: When, UTC.
        decided_by: By whom, if anybody was named.
        code_version: The code that writes the entry.
    """

    reason: str
    decided_at: datetime
    decided_by: str | None
    code_version: str


@dataclass(frozen=True)
class _NewCard:
    """A card that no entry is about yet."""

    card_id: str
    card_hash: str


def found(card_id: str, card_hash: str, report_sha256: str, how: Circumstances) -> Release:
    """The first entry of a store: the shipped card is champion, of every night there ever was."""
    card = _NewCard(card_id, card_hash)
    entry = _entry(Ledger(), card, "founded", "champion", FIRST_DAY, how)
    return replace(entry, report_sha256=report_sha256)


def register(
    ledger: Ledger, card_id: str, card_hash: str, how: Circumstances
) -> tuple[Release, ...]:
    """Enter a card as a draft; nothing where it is registered already.

    Raises:
        ConfigurationError: Another card has this id.
    """
    last = ledger.last(card_id)
    if last is None:
        card = _NewCard(card_id, card_hash)
        return (_entry(ledger, card, "registered", "draft", FIRST_DAY, how),)
    if last.card_hash != card_hash:
        raise ConfigurationError(
            "card not registered",
            subject=f"{card_id} at hash",
            expected=f"{last.card_hash}, with which this id is registered",
            got=card_hash,
            next_step="A changed card is another card: give it the next name_vN.",
        )
    return ()


def promote(
    ledger: Ledger,
    card_id: str,
    to: State,
    day: date,
    how: Circumstances,
    report_sha256: str | None = None,
) -> tuple[Release, ...]:
    """Make a card challenger or champion from ``day`` on; a champion displaces all others.

    Whoever is champion on ``day``, or was to be on a later day, is retired from ``day`` on.

    Raises:
        ConfigurationError: The card is unknown, or in a state that does not lead there.
    """
    last = ledger.require(card_id)
    check_transition(last, to)
    own = replace(_entry(ledger, last, "promoted", to, day, how), report_sha256=report_sha256)
    if to != "champion":
        return (own,)
    return (own, *_give_way(ledger, own, ledger.champions_from(day), "displaced", how))


def roll_back(ledger: Ledger, day: date, how: Circumstances) -> tuple[Release, ...]:
    """From ``day`` on the champion before the last promotion is champion again.

    Raises:
        ConfigurationError: There was none before.
    """
    line = ledger.succession()
    if len(line) < 2:  # noqa: PLR2004 - the last one and the one before
        raise ConfigurationError(
            "card rollback refused",
            subject=line[-1].card_id if line else "ops.card_releases",
            expected="a champion before it",
            got="none",
            next_step="See `creditloop card list`; nothing was changed.",
        )
    before = line[-2]
    own = replace(
        _entry(ledger, before, "restored", "champion", day, how),
        report_sha256=before.report_sha256,
    )
    others = [item for item in ledger.champions_from(day) if item.card_id != own.card_id]
    return (own, *_give_way(ledger, own, others, "withdrawn", how))


def retire(ledger: Ledger, card_id: str, day: date, how: Circumstances) -> tuple[Release, ...]:
    """Take a draft or challenger out of use from ``day`` on.

    Raises:
        ConfigurationError: The card is unknown, retired already, or champion.
    """
    last = ledger.require(card_id)
    check_transition(last, "retired")
    return (_entry(ledger, last, "retired", "retired", day, how),)


def _give_way(
    ledger: Ledger, own: Release, others: Iterable[Release], action: Action, how: Circumstances
) -> tuple[Release, ...]:
    return tuple(
        replace(
            _entry(ledger, other, action, "retired", own.valid_from, how), entry=own.entry + number
        )
        for number, other in enumerate(others, start=1)
    )


def _entry(
    ledger: Ledger,
    card: Release | _NewCard,
    action: Action,
    state: State,
    day: date,
    how: Circumstances,
) -> Release:
    """The next entry of the ledger, about ``card``."""
    return Release(
        entry=max((release.entry for release in ledger.releases), default=0) + 1,
        card_id=card.card_id,
        card_hash=card.card_hash,
        action=action,
        state=state,
        valid_from=day,
        reason=how.reason,
        decided_at=how.decided_at,
        decided_by=how.decided_by,
        report_sha256=None,
        code_version=how.code_version,
    )
