"""The states between any two nights of one user, computed when somebody asks."""

from __future__ import annotations

from datetime import date

from scoring.cards.card import Card
from scoring.changes.dependence import WANTED
from scoring.changes.paused_world import SCRATCH_USERS, Pause, is_possible, paused_world
from scoring.changes.rescoring import compile_unconditionally, has_marts, stream_points
from scoring.nights import Night
from scoring.score.marts import read_catalog
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

States = dict[str, list[int]]
"""State -> whole points in the order of the earlier night's card."""


def compute_states(
    settings: Settings, pause: Pause, card: Card, user_key: int, *, is_other_card: bool
) -> States:
    """Points of one user in the states between two nights.

    Takes the warehouse's lock, and some seconds: the models run for this user alone.

    Args:
        settings: The deployment.
        pause: The two nights.
        card: The earlier night's card.
        user_key: The user.
        is_other_card: Whether the later night by this card is wanted, too.

    Returns:
        ``now``, ``paused`` and, if wanted, ``before_card``; nothing where the warehouse has no
        staging tables.

    Raises:
        TransientError: The warehouse is in use.
        PermanentError: A model failed.
    """
    states: States = {}
    with open_warehouse(settings) as connection:
        if not is_possible(connection):
            return states
        connection.execute(
            f"create or replace temp table {WANTED} as select {int(user_key)}::bigint as user_key"
        )
        catalog = read_catalog(connection, Night(pause.later, pause.known_on, "changes"))
        compiled = compile_unconditionally(card)
        later = (pause.later, pause.known_on)
        wanted: list[tuple[Pause, dict[str, date]]] = [
            (pause, {"now": pause.earlier, "paused": pause.later})
        ]
        if is_other_card and has_marts(connection, *later):
            (batch,) = stream_points(connection, compiled, catalog, later, WANTED)
            states["before_card"] = batch.column("points")[0].as_py()
        elif is_other_card:
            whole = Pause(pause.later, pause.later, pause.known_on)
            wanted.append((whole, {"before_card": pause.later}))
        for world, days in wanted:
            with paused_world(connection, settings, world) as scratch:
                for state, day in days.items():
                    night = (day, pause.known_on)
                    (batch,) = stream_points(scratch, compiled, catalog, night, SCRATCH_USERS)
                    states[state] = batch.column("points")[0].as_py()
    return states
