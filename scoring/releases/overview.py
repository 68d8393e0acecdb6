"""The ledger for people: cards in play, how the last night went, nights that another card owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from scoring.cards.loader import read_catalog_seed
from scoring.errors import CreditloopError
from scoring.releases.card_files import load_released, read_report
from scoring.releases.ledger import Ledger, Release
from scoring.releases.store import published_nights, read_ledger
from scoring.settings import Settings

Row = Mapping[str, object]

_LAST_RUNS = """
with last_night as (
    select as_of_date, known_on
    from ops.card_runs
    order by recorded_at desc, as_of_date desc, known_on desc
    limit 1
)

select as_of_date, known_on, card_id, role, state, scored_count, message
from ops.card_runs
inner join last_night using (as_of_date, known_on)
order by role, card_id
"""

# A night whose card was asked for stays as it was asked for.
_PUBLISHED_BY = """
select distinct nights.as_of_date, runs.card_id
from ops.generation_nights as nights
inner join ops.generations as generations using (generation)
inner join ops.card_runs as runs
    on runs.as_of_date = nights.as_of_date and runs.known_on = nights.known_on
where
    generations.state = 'current'
    and nights.table_name = 'scores_history'
    and nights.is_current
    and runs.role = 'champion'
order by nights.as_of_date
"""


@dataclass(frozen=True)
class Overview:
    """What ``status`` says about cards.

    Attributes:
        cards: Champion and challengers of the next night, and planned changes.
        runs: The cards of the night that was scored last.
        outdated: Published nights that the ledger now gives to another card.
    """

    cards: Sequence[Row] = ()
    runs: Sequence[Row] = ()
    outdated: Sequence[Row] = ()


def read_overview(connection: duckdb.DuckDBPyConnection) -> Overview:
    """Read it; empty for a store of a version that had no ledger."""
    if not has_ledger(connection):
        return Overview()
    ledger = read_ledger(connection)
    result = connection.execute(_LAST_RUNS)
    names = [column[0] for column in result.description or []]
    runs = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    outdated = [
        {"as_of_date": day, "card_id": card_id, "champion": champion}
        for day, card_id in connection.execute(_PUBLISHED_BY).fetchall()
        if (champion := _champion_id(ledger, day)) != card_id
    ]
    return Overview(_cards_in_play(ledger, next_night(connection)), runs, outdated)


def has_ledger(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the store is of a version that keeps one."""
    row = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'ops' and table_name = 'card_releases'"
    ).fetchone()
    return row is not None and row[0] == 1


def next_night(connection: duckdb.DuckDBPyConnection) -> date:
    """The day after the newest published night; the last possible day while there is none."""
    nights = published_nights(connection)
    return nights[-1] + timedelta(days=1) if nights else date.max


def list_cards(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> list[dict[str, object]]:
    """One row per registered card: the last word about it, and whether file and report hold."""
    ledger = read_ledger(connection)
    rows = []
    for card_id in ledger.cards():
        last = ledger.require(card_id)
        file, report = _examine(settings, last)
        rows.append(
            {
                "card_id": card_id,
                "state": last.state,
                "since": last.valid_from,
                "reason": last.reason,
                "decided_at": last.decided_at,
                "decided_by": last.decided_by,
                "card_file": file,
                "report": report,
                "card_hash": last.card_hash,
            }
        )
    return rows


def _examine(settings: Settings, release: Release) -> tuple[str, str]:
    """Card file and report, each ``ok`` or what is wrong with it."""
    try:
        card = load_released(settings, release, read_catalog_seed())
    except CreditloopError as error:
        return str(error), "not looked at"
    try:
        read_report(settings, card)
    except CreditloopError as error:
        return "ok", "none" if error.got == "none" else str(error)
    return "ok", "ok"


def _cards_in_play(ledger: Ledger, day: date) -> list[Row]:
    now = [*ledger.in_state("champion", day), *ledger.in_state("challenger", day)]
    lasts = [ledger.require(card_id) for card_id in ledger.cards()]
    planned = [last for last in lasts if last.valid_from > day]
    return [
        {
            "card_id": entry.card_id,
            "state": entry.state,
            "since": entry.valid_from,
            "reason": entry.reason,
        }
        for entry in (*now, *planned)
    ]


def _champion_id(ledger: Ledger, day: date) -> str | None:
    found = ledger.in_state("champion", day)
    return found[0].card_id if len(found) == 1 else None
