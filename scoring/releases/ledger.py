"""The ledger of releases, replayed: which card is what on which night. Pure.

Entries are only ever appended. An entry says what its card is *from a date on*; of two entries for
one card and day the later entry holds. So an entry dated in the past restates nights, and nothing
is ever forgotten about what was decided before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, get_args

from scoring.errors import ConfigurationError

State = Literal["draft", "challenger", "champion", "retired"]
STATES: tuple[State, ...] = get_args(State)
Action = Literal[
    "founded", "registered", "promoted", "displaced", "restored", "withdrawn", "retired"
]

FIRST_DAY = date(1970, 1, 1)
"""From when drafts and the founding champion count."""

ALLOWED: Mapping[State, tuple[State, ...]] = MappingProxyType(
    {
        "draft": ("challenger", "retired"),
        "challenger": ("champion", "retired"),
        "champion": (),
        "retired": ("challenger",),
    }
)
"""State of a card -> what a decision about this card may make of it.

A champion gives way only to another champion: by a promotion, or by a rollback, which alone leads
from retired to champion at once.
"""


@dataclass(frozen=True)
class Release:
    """One entry of the ledger.

    Attributes:
        entry: Its number; later entries hold over earlier ones.
        card_id: The card.
        card_hash: What the card said when this was decided.
        action: What happened to it; ``displaced`` and ``withdrawn`` come with another's entry.
        state: What it is from ``valid_from`` on.
        valid_from: First ``as_of_date`` this counts for.
        reason: Why.
        decided_at: When, UTC.
        decided_by: By whom, if anybody was named.
        report_sha256: The validation report it was promoted with.
        code_version: The code that wrote the entry.
    """

    entry: int
    card_id: str
    card_hash: str
    action: Action
    state: State
    valid_from: date
    reason: str
    decided_at: datetime
    decided_by: str | None
    report_sha256: str | None
    code_version: str


@dataclass(frozen=True)
class Ledger:
    """Every entry, in order."""

    releases: tuple[Release, ...] = ()

    def cards(self) -> tuple[str, ...]:
        """Every registered card, in order of registration."""
        return tuple(dict.fromkeys(release.card_id for release in self.releases))

    def last(self, card_id: str) -> Release | None:
        """The last word about a card, planned dates included; None if it is not registered."""
        return _last(release for release in self.releases if release.card_id == card_id)

    def on(self, card_id: str, day: date) -> Release | None:
        """The entry that holds for a card on a night."""
        return _last(
            release
            for release in self.releases
            if release.card_id == card_id and release.valid_from <= day
        )

    def require(self, card_id: str) -> Release:
        """The last word about a card.

        Raises:
            ConfigurationError: It is not registered.
        """
        last = self.last(card_id)
        if last is None:
            raise ConfigurationError(
                "card refused",
                subject=card_id,
                expected=f"a registered card ({' | '.join(self.cards()) or 'none'})",
                got="an unknown one",
                next_step="Register it first: creditloop card register CARD.json",
            )
        return last

    def in_state(self, state: State, day: date) -> tuple[Release, ...]:
        """The cards that are ``state`` on a night, in order of registration."""
        found = (self.on(card_id, day) for card_id in self.cards())
        return tuple(release for release in found if release and release.state == state)

    def champion(self, day: date) -> Release:
        """The one champion of a night.

        Raises:
            ConfigurationError: There is none, or more than one: the ledger was tampered with.
        """
        found = self.in_state("champion", day)
        if len(found) != 1:
            raise ConfigurationError(
                "champion card not chosen",
                subject=f"score@{day}",
                expected=f"exactly one champion on {day} in ops.card_releases",
                got=", ".join(release.card_id for release in found) or "none",
                next_step="See `creditloop card list`; the ledger is only changed by its commands.",
            )
        return found[0]

    def champions_from(self, day: date) -> tuple[Release, ...]:
        """Every card that is champion on ``day`` or is to be on a later one."""
        days = {day, *(entry.valid_from for entry in self.releases if entry.valid_from > day)}
        found = {
            release.card_id: release
            for moment in sorted(days, reverse=True)
            for release in self.in_state("champion", moment)
        }
        return tuple(found.values())

    def succession(self) -> tuple[Release, ...]:
        """The champions as they followed each other; a rollback has taken the last one off."""
        line: list[Release] = []
        for release in self.releases:
            if release.state != "champion":
                continue
            if release.action == "restored":
                line.pop()
            else:
                line.append(release)
        return tuple(line)

    def with_(self, *releases: Release) -> Ledger:
        """The ledger with more entries at its end."""
        return Ledger((*self.releases, *releases))


def check_transition(last: Release, to: State) -> None:
    """Refuse what a card in its state cannot become.

    Raises:
        ConfigurationError: With what leads there.
    """
    if to in ALLOWED[last.state]:
        return
    sources = " | ".join(state for state in STATES if to in ALLOWED[state])
    raise ConfigurationError(
        f"card not made {to}",
        subject=last.card_id,
        expected=f"a card in state {sources}",
        got=f"state {last.state} since {last.valid_from}",
        next_step=_way_on(last, to),
    )


def _way_on(last: Release, to: State) -> str:
    if last.state == to:
        return "Nothing to do."
    if last.state == "champion":
        return "Promote another card to champion, or `creditloop card rollback`."
    if to == "champion":
        return (
            f"Let it score in the shadow first: "
            f'creditloop card promote {last.card_id} --to challenger --reason "…"'
        )
    return "See `creditloop card list`."


def _last(releases: Iterable[Release]) -> Release | None:
    return max(releases, key=lambda release: release.entry, default=None)
