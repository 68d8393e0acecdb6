"""The part of the step ``score`` that tells why scores changed since the night before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from scoring.changes.decomposition import NOT_COMPARED
from scoring.changes.dependence import WANTED
from scoring.changes.movers import create_late_users, create_wanted_users
from scoring.changes.pairs import Pair, Reading, find_pairs
from scoring.changes.paused_world import is_possible
from scoring.changes.states import BETWEEN, Ends, create_points, create_state, recompute
from scoring.changes.table import TABLE, delete_changes, replace_changes
from scoring.nights import Night
from scoring.score.marts import CatalogEntry, read_catalog
from scoring.settings import Settings

WORK = "score_changes"
"""Name under which ``ops.model_runs`` keeps time and recomputed users of this part."""


@dataclass(frozen=True)
class ChangeCounts:
    """Users of the night: scored on both nights, of another score now, computed in between."""

    compared: int = 0
    moved: int = 0
    recomputed: int = 0

    @property
    def summary(self) -> str:
        """One plain line."""
        if not self.compared:
            return "no scores of an earlier night to compare with"
        return (
            f"{self.moved:,} of {self.compared:,} scores moved since the night before, "
            f"{self.recomputed:,} users computed in between"
        )


def fill_changes(
    connection: duckdb.DuckDBPyConnection, settings: Settings, night: Night
) -> ChangeCounts:
    """Replace the night's rows of ``scores.score_changes``, and those of the night after it.

    Args:
        connection: The warehouse with the night's scores.
        settings: The deployment, whose writer lock the caller holds.
        night: The night that was just scored.

    Returns:
        Counts of the night itself; none if no earlier night is published.

    Raises:
        PermanentError: A model failed for the states between two nights.
    """
    started = time.perf_counter()
    reading = Reading(night.as_of_date, night.known_on)
    delete_changes(connection, reading)
    found = ChangeCounts()
    catalog = read_catalog(connection, night)
    for pair in find_pairs(connection, settings, night):
        recomputed = fill_pair(connection, settings, pair, catalog)
        if pair.current == reading:
            found = _count(connection, reading, recomputed)
    _record(connection, night, time.perf_counter() - started, found.recomputed)
    return found


def fill_pair(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    pair: Pair,
    catalog: Mapping[str, CatalogEntry],
) -> int:
    """Replace the later night's rows with its comparison to the earlier one.

    Returns:
        For how many users the states in between were computed.
    """
    ends = create_points(connection, settings, pair, catalog)
    wanted = _choose_users(connection, settings, pair, ends)
    for state in BETWEEN:
        create_state(connection, f"state_{state}")
    if wanted and ends is not None and ends.old_card is not None:
        recompute(connection, settings, pair, ends.old_card, catalog)
    replace_changes(
        connection, pair, ends.old_features if ends else (), ends.new_features if ends else ()
    )
    return wanted


def _choose_users(
    connection: duckdb.DuckDBPyConnection, settings: Settings, pair: Pair, ends: Ends | None
) -> int:
    """Create ``wanted_users``; empty where the states in between are not wanted or not possible."""
    connection.execute(f"create or replace temp table {WANTED} (user_key bigint)")
    if (
        ends is None
        or ends.old_card is None
        or settings.change_detail == "none"
        or not is_possible(connection)
    ):
        return 0
    create_late_users(connection, pair)
    return create_wanted_users(connection, settings.change_detail_users)


def _count(
    connection: duckdb.DuckDBPyConnection, reading: Reading, recomputed: int
) -> ChangeCounts:
    ((compared, moved),) = connection.execute(
        f"""
        select
            count(*) filter (where change_status <> '{NOT_COMPARED}'),
            count(*) filter (where score_change <> 0),
        from {TABLE}
        where as_of_date = ? and known_on = ?
        """,
        [reading.as_of_date, reading.known_on],
    ).fetchall()
    return ChangeCounts(int(compared), int(moved), recomputed)


def _record(
    connection: duckdb.DuckDBPyConnection, night: Night, seconds: float, users: int
) -> None:
    connection.execute(
        "delete from ops.model_runs where run_id = ? and model = ?", [night.run_id, WORK]
    )
    connection.execute(
        "insert into ops.model_runs values (?, ?, ?, ?)", [night.run_id, WORK, seconds, users]
    )
