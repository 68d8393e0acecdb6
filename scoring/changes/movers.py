"""For whom the states between two nights are computed: points moved, or rows came late."""

from __future__ import annotations

import duckdb

from scoring.changes.dependence import WANTED, create_connected_users
from scoring.changes.pairs import Pair
from scoring.changes.paused_world import EVENTS

LATE = "late_users"
POINTS = "pair_points"
"""Temporary table of the users scored on both nights; see ``scoring.changes.night``."""


def create_late_users(connection: duckdb.DuckDBPyConnection, pair: Pair) -> None:
    """Create ``late_users``: whose rows about the earlier night or before came since.

    A row came late, or was replaced or withdrawn, if the later night knows another version of it
    than the earlier one did and its first event is no later than the earlier night. Users merged
    with such a user count too.
    """
    queries = " union ".join(_late_sql(feed, pair) for feed in EVENTS)
    connection.execute(f"create or replace temp table late_rows as {queries}")
    create_connected_users(connection, "late_rows", LATE)


def _late_sql(feed: str, pair: Pair) -> str:
    first, last = sorted((pair.previous.known_on, pair.current.known_on))
    earlier = f"date '{pair.previous.as_of_date}'"
    changed = " or ".join(
        f"(date '{first}' < {column} and {column} <= date '{last}')"
        for column in ("known_from", "known_until")
    )
    if feed == "installments":  # they have no date of their own but the loan's
        loans = f"select loan_id from staging.stg_loans where disbursed_date <= {earlier}"
        began = f"loan_id in ({loans})"
    else:
        dates = ", ".join([*EVENTS[feed], "null::date"])
        began = f"coalesce(least({dates}), {earlier}) <= {earlier}"
    return f"select user_key from staging.stg_{feed} where ({changed}) and {began}"


def create_wanted_users(connection: duckdb.DuckDBPyConnection, most: int) -> int:
    """Create ``wanted_users`` from ``pair_points`` and ``late_users``.

    Of more than ``most`` users those whose points moved come first, then those with the smallest
    hash: the same ones whenever the night is run again.

    Returns:
        How many there are.
    """
    connection.execute(
        f"""
        create or replace temp table {WANTED} as
        with candidates as (
            select user_key, points_then is distinct from points_before as is_moved
            from {POINTS}
            where points_before is not null
        )

        select user_key
        from candidates
        where is_moved or user_key in (select user_key from {LATE})
        order by is_moved desc, md5(user_key::varchar), user_key
        limit {most}
        """
    )
    ((found,),) = connection.execute(f"select count(*) from {WANTED}").fetchall()
    return int(found)
