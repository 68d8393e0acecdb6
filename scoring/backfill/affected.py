"""Features of some users recomputed, those of everybody else taken over from the reading before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from scoring.backfill.restatements import examined_after
from scoring.changes.dependence import WANTED, create_connected_users
from scoring.changes.paused_world import is_possible, scratch_world
from scoring.code_version import code_version
from scoring.marts.records import MARTS, record_contents
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier

_RESTATED = "restated_users"
_DIRECT = "directly_restated"


def takes_over(
    connection: duckdb.DuckDBPyConnection, night: Night, published: Mapping[date, date]
) -> bool:
    """Whether a night can take over the features of its published reading.

    It cannot if those are not kept any more, are of other code, were reopened, or if the first
    consents ever landed came since: then everybody is affected.
    """
    known_on = published.get(night.as_of_date)
    if known_on is None or known_on > night.known_on or not is_possible(connection):
        return False
    reading = [night.as_of_date, known_on]
    recorded = connection.execute(
        "select count(*) from ops.table_contents where as_of_date = ? and known_on = ? "
        "and starts_with(table_name, 'marts.') and code_version = ?",
        [*reading, code_version()],
    ).fetchall()
    kept = connection.execute(
        "select count(*) > 0 from marts.dim_user_night where as_of_date = ? and known_on = ?",
        reading,
    ).fetchall()
    same_input = connection.execute(
        """
        select
            not exists (
                select 1 from ops.irreproducible_nights
                where as_of_date = $day and known_on = $known_on
            )
            and not exists (
                select 1 from staging.stg_consent_landings
                where first_batch_date > $known_on and first_batch_date <= $now
            )
        """,
        {"day": night.as_of_date, "known_on": known_on, "now": night.known_on},
    ).fetchall()
    after = examined_after(connection)
    is_told_of = after is not None and after <= known_on
    return (
        is_told_of and recorded == [(len(MARTS),)] and kept == [(True,)] and same_input == [(True,)]
    )


def rebuild_affected(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    nights: Sequence[Night],
    published: Mapping[date, date],
) -> int:
    """Write the nights' marts: users with restated records anew, all others as they were published.

    Args:
        connection: The warehouse, whose staging and ``ops.restated_records`` are up to date.
        settings: The deployment, whose writer lock the caller holds.
        nights: Nights that ``takes_over`` allows, all of one ``known_on``.
        published: ``as_of_date`` -> ``known_on`` of what readers see.

    Returns:
        How many users were computed.
    """
    count = create_restated_users(connection, nights, published)
    if count == 0:
        for mart in MARTS:
            for night in nights:
                _take_over(connection, mart, night, published[night.as_of_date])
    else:
        connection.execute(f"create or replace temp table {WANTED} as from {_RESTATED}")
        with scratch_world(connection, settings, nights) as scratch:
            for mart in MARTS:
                for night in nights:
                    _take_over(connection, mart, night, published[night.as_of_date])
                    _insert_computed(connection, scratch, mart, night)
    record_contents(connection, nights)
    return count


def create_restated_users(
    connection: duckdb.DuckDBPyConnection, nights: Sequence[Night], published: Mapping[date, date]
) -> int:
    """Create ``restated_users``: whose features may differ on any of the nights.

    They are the users of restated records, all who share an account, a loan or a purchase with
    one of them, and whoever was merged with any of these.
    """
    queries = " union ".join(
        f"""
        select user_key from ops.restated_records
        where restated_from <= date '{night.as_of_date}'
            and changed_on > date '{published[night.as_of_date]}'
            and changed_on <= date '{night.known_on}'
        """
        for night in nights
    )
    connection.execute(f"create or replace temp table {_DIRECT} as {queries}")
    create_connected_users(connection, _DIRECT, _RESTATED)
    shared = " union ".join([f"select user_key from {_RESTATED}", *_sharing()])
    connection.execute(f"create or replace temp table {_DIRECT} as {shared}")
    create_connected_users(connection, _DIRECT, _RESTATED)
    ((count,),) = connection.execute(f"select count(*) from {_RESTATED}").fetchall()
    return int(count)


def _sharing() -> list[str]:
    """Users of records that name what a record of a restated user names."""
    found = []
    for column, feeds in {
        "account_id": ("accounts", "statements"),
        "loan_id": ("loans", "installments"),
        "purchase_key": ("transactions",),
    }.items():
        named = " union ".join(
            f"select {column} from staging.stg_{feed} "
            f"where {column} is not null and user_key in (from {_RESTATED})"
            for feed in feeds
        )
        found += [
            f"select user_key from staging.stg_{feed} where {column} in ({named})" for feed in feeds
        ]
    return found


def _take_over(
    connection: duckdb.DuckDBPyConnection, mart: str, night: Night, known_on: date
) -> None:
    """Rows of the published reading of everybody who is not restated, as the new reading's."""
    table = f"marts.{quote_identifier(mart)}"
    day, now = f"date '{night.as_of_date}'", f"date '{night.known_on}'"
    is_same = known_on == night.known_on
    replaced = f"user_key in (from {_RESTATED})" if is_same else "true"
    connection.execute(
        f"delete from {table} where as_of_date = {day} and known_on = {now} and {replaced}"
    )
    if is_same:
        return
    connection.execute(
        f"""
        insert into {table} by name
        select * replace ({now} as known_on)
        from {table}
        where as_of_date = {day} and known_on = date '{known_on}'
            and user_key not in (from {_RESTATED})
        """
    )


def _insert_computed(
    connection: duckdb.DuckDBPyConnection,
    scratch: duckdb.DuckDBPyConnection,
    mart: str,
    night: Night,
) -> None:
    # Rows that others' records brought along are not whole.
    rows = scratch.sql(
        f"select * from marts.{quote_identifier(mart)} "
        "where as_of_date = ? and user_key in (select user_key from ops.wanted_users)",
        params=[night.as_of_date],
    ).to_arrow_table()
    connection.register("computed_rows", rows)
    connection.execute(f"insert into marts.{quote_identifier(mart)} by name from computed_rows")
    connection.unregister("computed_rows")
