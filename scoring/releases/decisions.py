"""What a decision adds to the ledger. Pure: no clock, no files, no store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def found(card_id: str, card_hash: str, report_sha256: str, how: Circumstances) -> Release:
    """The first entry of a store: the shipped card is champion, of every night there ever was."""
    return Release(
        entry=1,
        card_id=card_id,
        card_hash=card_hash,
        action="founded",
        state="champion",
        valid_from=FIRST_DAY,
        reason=how.reason,
        decided_at=how.decided_at,
        decided_by=how.decided_by,
        report_sha256=report_sha256,
        code_version=how.code_version,
    )


def register(
    ledger: Ledger, card_id: str, card_hash: str, how: Circumstances
) -> tuple[Release, ...]:
    """Enter a card as a draft; nothing where it is registered already.

    Raises:
        ConfigurationError: Another card has this id.
    """
    last = ledger.last(card_id)
    if last is None:
        return (_entry(ledger, 1, card_id, card_hash, "registered", "draft", FIRST_DAY, how),)
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
    own = _entry(ledger, 1, card_id, last.card_hash, "promoted", to, day, how, report_sha256)
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
    own = _entry(
        ledger,
        1,
        before.card_id,
        before.card_hash,
        "restored",
        "champion",
        day,
        how,
        before.report_sha256,
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
    return (_entry(ledger, 1, card_id, last.card_hash, "retired", "retired", day, how),)


def _give_way(
    ledger: Ledger, own: Release, others: Iterable[Release], action: Action, how: Circumstances
) -> tuple[Release, ...]:
    return tuple(
        _entry(
            ledger, number, other.card_id, other.card_hash, action, "retired", own.valid_from, how
        )
        for number, other in enumerate(others, start=2)
    )


def _entry(
    ledger: Ledger,
    number: int,
    card_id: str,
    card_hash: str,
    action: Action,
    state: State,
    day: date,
    how: Circumstances,
    report_sha256: str | None = None,
) -> Release:
    return Release(
        entry=max((release.entry for release in ledger.releases), default=0) + number,
        card_id=card_id,
        card_hash=card_hash,
        action=action,
        state=state,
        valid_from=day,
        reason=how.reason,
        decided_at=how.decided_at,
        decided_by=how.decided_by,
        report_sha256=report_sha256,
        code_version=how.code_version,
    )
