"""Writing one pair of nights into ``scores.score_changes``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from scoring.changes.decomposition import CAUSES, NOT_COMPARED, UNMOVED, decompose
from scoring.changes.dependence import WANTED
from scoring.changes.movers import POINTS
from scoring.changes.pairs import Pair, Reading

TABLE = "scores.score_changes"
_MOVED = f"""(
    ends.points_then is distinct from ends.points_before
    or ends.points_before is distinct from ends.points_after
    or ends.previous_base <> ends.base
    or ends.previous_clipped <> ends.clipped
    or ends.user_key in (select user_key from {WANTED})
)"""


def replace_changes(
    connection: duckdb.DuckDBPyConnection,
    pair: Pair,
    old_features: Sequence[str],
    new_features: Sequence[str],
) -> None:
    """Replace the later night's rows; all of its users get one.

    Args:
        connection: The warehouse, with ``pair_points``, ``wanted_users`` and the two states.
        pair: The nights.
        old_features: Features of the earlier night's card; empty if nobody is on both nights.
        new_features: Features of the later night's card.
    """
    connection.execute("begin transaction")
    try:
        delete_changes(connection, pair.current)
        if old_features:
            _insert_moved(connection, pair, old_features, new_features)
            _insert_unmoved(connection, pair)
        _insert_not_compared(connection, pair)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def delete_changes(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Remove what an earlier comparison left of this night."""
    connection.execute(
        f"delete from {TABLE} where as_of_date = ? and known_on = ?",
        [reading.as_of_date, reading.known_on],
    )


def has_pair(connection: duckdb.DuckDBPyConnection, pair: Pair) -> bool:
    """Whether the later night's rows are its comparison to just this earlier one."""
    rows = connection.execute(
        f"""
        select distinct previous_as_of_date, previous_known_on
        from {TABLE}
        where as_of_date = ? and known_on = ?
        """,
        [pair.current.as_of_date, pair.current.known_on],
    ).fetchall()
    return rows == [(pair.previous.as_of_date, pair.previous.known_on)]


def _insert_moved(
    connection: duckdb.DuckDBPyConnection,
    pair: Pair,
    old_features: Sequence[str],
    new_features: Sequence[str],
) -> None:
    for states in _read_states(connection):
        divided = [decompose(batch, old_features, new_features) for batch in states.to_batches()]
        connection.register("divided_changes", pa.Table.from_batches(divided))
        connection.execute(
            f"insert into {TABLE} by name select *, {_place(pair)} from divided_changes"
        )
        connection.unregister("divided_changes")


def _read_states(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
    """All states of the users with any change, some users at a time.

    Temporary tables are seen by their own connection only, and a stream would end at its next
    statement.
    """
    ((count,),) = connection.execute(
        f"select count(*) from {POINTS} as ends where {_MOVED}"
    ).fetchall()
    parts = -(-count // _USERS_AT_A_TIME)
    for part in range(parts):
        yield connection.sql(_STATES_SQL, params=[parts, part]).to_arrow_table()


_USERS_AT_A_TIME = 250_000
_STATES_SQL = f"""
        select
            ends.user_key,
            ends.points_then as "then",
            state_now.points as now,
            state_paused.points as paused,
            ends.points_before as before_card,
            ends.points_after as after_card,
            ends.previous_base,
            ends.base,
            ends.previous_clipped,
            ends.clipped,
        from {POINTS} as ends
        left join state_now on ends.user_key = state_now.user_key
        left join state_paused on ends.user_key = state_paused.user_key
        where {_MOVED} and ends.user_key % ? = ?
        """


def _insert_unmoved(connection: duckdb.DuckDBPyConnection, pair: Pair) -> None:
    """Users with the same points on both nights whose states were not computed."""
    causes = ", ".join(f"0 as change_{cause}, [] as feature_{cause}" for cause in CAUSES)
    connection.execute(
        f"""
        insert into {TABLE} by name
        select
            ends.user_key,
            {_place(pair)},
            '{UNMOVED}' as change_status,
            0 as score_change,
            {causes},
            0 as change_undivided,
            0 as change_clipped,
            [] as feature_names,
            [] as feature_changes,
        from {POINTS} as ends
        where not {_MOVED}
        """
    )


def _insert_not_compared(connection: duckdb.DuckDBPyConnection, pair: Pair) -> None:
    connection.execute(
        f"""
        insert into {TABLE} by name
        select user_key, {_place(pair)}, '{NOT_COMPARED}' as change_status
        from scores.scores
        where as_of_date = $as_of_date and known_on = $known_on
            and user_key not in (
                select user_key from {TABLE}
                where as_of_date = $as_of_date and known_on = $known_on
            )
        """,
        {"as_of_date": pair.current.as_of_date, "known_on": pair.current.known_on},
    )


def _place(pair: Pair) -> str:
    return (
        f"date '{pair.current.as_of_date}' as as_of_date, "
        f"date '{pair.current.known_on}' as known_on, "
        f"date '{pair.previous.as_of_date}' as previous_as_of_date, "
        f"date '{pair.previous.known_on}' as previous_known_on"
    )
