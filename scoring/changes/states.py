"""The states of a pair of nights as temporary tables of points per user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from scoring.changes.cards import find_card
from scoring.changes.movers import POINTS
from scoring.changes.pairs import Pair, Reading
from scoring.changes.paused_world import SCRATCH_USERS, paused_world
from scoring.changes.rescoring import (
    POINTS_SCHEMA,
    compile_unconditionally,
    has_marts,
    stream_points,
)
from scoring.releases.store import read_ledger
from scoring.score.compiled import CompiledCard
from scoring.score.marts import CatalogEntry
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier

BETWEEN = ("now", "paused")
"""The states that no night has computed, as ``state_<name>`` (``user_key``, ``points``)."""


@dataclass(frozen=True)
class Ends:
    """What the two nights of a pair were scored with.

    Attributes:
        old_features: Features of the earlier night's card, in its order.
        new_features: Features of the later night's card, in its order.
        old_card: The earlier night's card; None if it is kept no more.
    """

    old_features: tuple[str, ...]
    new_features: tuple[str, ...]
    old_card: CompiledCard | None


def create_points(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    pair: Pair,
    catalog: Mapping[str, CatalogEntry],
) -> Ends | None:
    """Create ``pair_points``: users scored on both nights, with what was added up on either.

    Returns:
        What the nights were scored with; None, and no table, if nobody was scored on one of them.

    Raises:
        ConfigurationError: The earlier night's card is refused.
    """
    old, new = (_read_card(connection, reading) for reading in (pair.previous, pair.current))
    if old is None or new is None:
        return None
    dimensions = {name: entry.dimension for name, entry in catalog.items()}
    card = find_card(settings, old[0], dimensions, read_ledger(connection))
    compiled = compile_unconditionally(card) if card else None
    is_same = old == new
    if not is_same:
        _create_before(connection, pair, catalog, compiled)
    before = "points_after" if is_same else "state_before.points"
    join = "" if is_same else "left join state_before using (user_key)"
    connection.execute(
        f"""
        create or replace temp table {POINTS} as
        with ends as (
            {_ends_sql(pair)}
        )

        select ends.*, {before} as points_before
        from ends
        {join}
        """
    )
    return Ends(old[1], new[1], compiled)


def recompute(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    pair: Pair,
    card: CompiledCard,
    catalog: Mapping[str, CatalogEntry],
) -> None:
    """Fill ``state_now`` and ``state_paused`` for the users of ``wanted_users``.

    Raises:
        PermanentError: A model failed.
    """
    known_on = pair.current.known_on
    days = (pair.previous.as_of_date, pair.current.as_of_date)
    with paused_world(connection, settings, pair.pause) as scratch:
        for state, day in zip(BETWEEN, days, strict=True):
            batches = stream_points(scratch, card, catalog, (day, known_on), SCRATCH_USERS)
            create_state(connection, f"state_{state}", batches)


def create_state(
    connection: duckdb.DuckDBPyConnection, name: str, batches: Iterable[pa.RecordBatch] = ()
) -> None:
    """Create a temporary table of a state's points: ``user_key``, ``points``."""
    reader = pa.RecordBatchReader.from_batches(POINTS_SCHEMA, batches)
    connection.register("state_points", reader)
    table = quote_identifier(name)
    connection.execute(f"create or replace temp table {table} as from state_points")
    connection.unregister("state_points")


def _read_card(
    connection: duckdb.DuckDBPyConnection, reading: Reading
) -> tuple[str, tuple[str, ...]] | None:
    """Card and features of a night's scored users."""
    rows = connection.execute(
        """
        select scores.card_id, score_points.feature_names
        from scores.scores as scores
        inner join scores.score_points as score_points using (user_key, as_of_date, known_on)
        where scores.as_of_date = ? and scores.known_on = ?
        limit 1
        """,
        [reading.as_of_date, reading.known_on],
    ).fetchall()
    return (str(rows[0][0]), tuple(rows[0][1])) if rows else None


def _ends_sql(pair: Pair) -> str:
    def at(alias: str, reading: Reading) -> str:
        return (
            f"{alias}.as_of_date = date '{reading.as_of_date}' "
            f"and {alias}.known_on = date '{reading.known_on}'"
        )

    return f"""
            select
                current_scores.user_key,
                previous_points.points as points_then,
                current_points.points as points_after,
                previous_scores.points_base as previous_base,
                current_scores.points_base as base,
                previous_scores.points_clipped as previous_clipped,
                current_scores.points_clipped as clipped,
            from scores.scores as current_scores
            inner join scores.scores as previous_scores
                on current_scores.user_key = previous_scores.user_key
                and {at("previous_scores", pair.previous)}
            inner join scores.score_points as current_points
                on current_scores.user_key = current_points.user_key
                and {at("current_points", pair.current)}
            inner join scores.score_points as previous_points
                on current_scores.user_key = previous_points.user_key
                and {at("previous_points", pair.previous)}
            where {at("current_scores", pair.current)}
    """


def _create_before(
    connection: duckdb.DuckDBPyConnection,
    pair: Pair,
    catalog: Mapping[str, CatalogEntry],
    card: CompiledCard | None,
) -> None:
    """Create ``state_before``: the later night by the earlier night's card.

    It stays empty if that card, or the later night's features, are kept no more.
    """
    reading = (pair.current.as_of_date, pair.current.known_on)
    batches: Iterable[pa.RecordBatch] = ()
    if card is not None and has_marts(connection, *reading):
        night = (
            f"(select user_key from marts.dim_user_night where as_of_date = date '{reading[0]}'"
            f" and known_on = date '{reading[1]}')"
        )
        reader = connection.cursor()
        try:
            batches = list(stream_points(reader, card, catalog, reading, night))
        finally:
            reader.close()
    create_state(connection, "state_before", batches)
