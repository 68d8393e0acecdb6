"""``ops.card_runs``: which cards scored a night, in which role, and how it went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb

from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.nights import Night
from scoring.releases.night_cards import NightCards, Role


@dataclass(frozen=True)
class CardRun:
    """One card's part in a night.

    Attributes:
        card_id: The card.
        card_hash: What it said.
        role: ``champion``, ``requested`` instead of it, or ``challenger``.
        state: ``scored`` or ``failed``.
        scored_count: Users with a score; None where it failed.
        message: Why it failed, or who was champion.
    """

    card_id: str
    card_hash: str
    role: Role
    state: Literal["scored", "failed"]
    scored_count: int | None
    message: str | None = None


def clear_runs(connection: duckdb.DuckDBPyConnection, night: Night) -> None:
    """Forget what an earlier attempt recorded of this night."""
    connection.execute(
        "delete from ops.card_runs where as_of_date = ? and known_on = ?",
        [night.as_of_date, night.known_on],
    )


def record_runs(
    connection: duckdb.DuckDBPyConnection, night: Night, runs: Iterable[CardRun]
) -> None:
    """Add rows for this night."""
    for run in runs:
        connection.execute(
            "insert into ops.card_runs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                night.as_of_date,
                night.known_on,
                run.card_id,
                run.card_hash,
                run.role,
                run.state,
                run.scored_count,
                run.message,
                night.run_id,
                code_version(),
                utc_now(),
            ],
        )


def own_run(cards: NightCards, scored_count: int) -> CardRun:
    """The run of the card whose scores can be published."""
    message = None if cards.role == "champion" else f"the champion is {cards.champion_id}"
    card = cards.card
    return CardRun(card.card_id, card.hash, cards.role, "scored", scored_count, message)


def unusable_runs(cards: NightCards) -> list[CardRun]:
    """Runs of challengers whose card was refused before it scored anybody."""
    return [
        CardRun(release.card_id, release.card_hash, "challenger", "failed", None, why)
        for release, why in cards.unusable
    ]
