"""Which records became known too late for which nights: ``ops.restated_records``.

A night reads a record as it was known on its ``known_on``, and of that only what had happened by
its ``as_of_date``. So a newer version restates the nights from the day on from which it reads
otherwise: for a date, the earlier of the two; for what a date governs, the earlier of those; for
anything else, the record's first event. Most versions (a purchase confirmed, a loan closed) tell
what happened since and restate nothing. What cannot be told apart counts as restating: there may
be a user too many, never one too few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from scoring.changes.paused_world import EVENTS, is_possible
from scoring.landing.contract import Feed, load_feeds
from scoring.warehouse.sql import quote_literal

GOVERNED: Mapping[str, Mapping[str, Sequence[str]]] = {
    "transactions": {"purchase_key": ("void_date", "refunded_date")},
    "loans": {
        "close_reason": ("closed_date", "status_date"),
        "written_off_amount": ("status_date",),
        "reported_dpd": ("status_date",),
    },
    "disputes": {"outcome": ("resolved_date",)},
}
"""Feed -> column -> the events without which the models do not read it."""

_SYSTEM = ("batch_date", "version_key", "known_from", "known_until")
_EVER = "date '1970-01-01'"
_CAUSES = {"disputes": "dispute", "consents": "consent"}


def examine_staging(connection: duckdb.DuckDBPyConnection, oldest: date | None = None) -> int:
    """Bring ``ops.restated_records`` to what the staging tables hold.

    Only versions that came since the last time are looked at, unless a batch before that was
    replaced or came late, or an older reading is to be told of.

    Args:
        connection: The warehouse, staging up to date.
        oldest: The least ``known_on`` of a reading to be told of; default that of the published
            ones. While there are none, nothing needs to be looked at.

    Returns:
        How many records there are.
    """
    if not is_possible(connection):
        return 0
    row = connection.execute("select max(dt) from ops.staged_batches").fetchone()
    through: date | None = row[0] if row else None
    if through is None:
        return 0
    oldest = oldest or _oldest_published(connection)
    connection.execute("begin")
    try:
        for feed in load_feeds().values():
            _examine(connection, feed, oldest, through)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    ((count,),) = connection.execute("select count(*) from ops.restated_records").fetchall()
    return int(count)


def examined_after(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The least ``known_on`` whose readings are told of, by every feed; None if nothing was."""
    row = connection.execute("select max(examined_after) from ops.restatement_marks").fetchone()
    return row[0] if row else None


def _oldest_published(connection: duckdb.DuckDBPyConnection) -> date | None:
    row = connection.execute(
        """
        select min(nights.known_on)
        from ops.generation_nights as nights
        inner join ops.generations as generations using (generation)
        where generations.state = 'current' and nights.table_name = 'scores_history'
            and nights.is_current
        """
    ).fetchone()
    return row[0] if row else None


def _examine(
    connection: duckdb.DuckDBPyConnection, feed: Feed, oldest: date | None, through: date
) -> None:
    mark = connection.execute(
        "select examined_after, examined_through, identity from ops.restatement_marks "
        "where feed = ?",
        [feed.name],
    ).fetchone()
    first, since = mark[:2] if mark else (through, through)
    is_anew = (
        mark is None
        or mark[2] != _identity(connection, feed, since)
        or (oldest is not None and oldest < first)
    )
    if is_anew:
        first = since = oldest or through
        connection.execute("delete from ops.restated_records where feed = ?", [feed.name])
    if since < through:
        # Rows that waited for their user become known when the user does, without a batch.
        connection.execute(_records_sql(connection, feed), {"since": since})
    connection.execute(
        "insert or replace into ops.restatement_marks values (?, ?, ?, ?)",
        [feed.name, first, through, _identity(connection, feed, through)],
    )


def _identity(connection: duckdb.DuckDBPyConnection, feed: Feed, through: date) -> str:
    rows = connection.execute(
        "select dt, identity from ops.staged_batches where feed = ? and dt <= ? order by dt",
        [feed.name, through],
    ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


def _records_sql(connection: duckdb.DuckDBPyConnection, feed: Feed) -> str:
    """Insert a row per user, first restated night and batch, for versions known after $since."""
    table = f"staging.stg_{feed.name}"
    keys = [feed.column(name).raw_name for name in feed.key]
    columns = [name for name, *_ in connection.execute(f"describe {table}").fetchall()]
    same_key = " and ".join(f"older.{key} = newer.{key}" for key in ("version_key", *keys))
    cause = _CAUSES.get(feed.name)
    merged = "newer.merged_into_key is not null" if feed.name == "users" else "false"
    return f"""
        insert into ops.restated_records
        with loan_starts as ({_loan_starts(feed)}),

        -- Few of many: what they followed is looked up by them, never all of history by itself.
        newer_versions as materialized (
            select * from {table}
            where known_from > $since
        ),

        older_versions as (
            select * from {table}
            where
                known_from < known_until
                and version_key in (select version_key from newer_versions)
        ),

        followed as (
            select
                newer.user_key,
                older.user_key as other_user_key,
                case
                    when {merged} then {_EVER}
                    when older.known_until is null then {_first_event(feed, "newer")}
                    else {_visible_from(feed, columns)}
                end as restated_from,
                newer.known_from as changed_on,
                case
                    when {merged} then 'merge'
                    when older.known_until is null then 'late'
                    else 'corrected'
                end as cause,
            from newer_versions as newer
            left join older_versions as older
                on {same_key}
                and older.known_until = newer.batch_date
            {_join_loans(feed, "newer")}
        ),

        withdrawn as (
            select
                older.user_key,
                {_first_event(feed, "older")} as restated_from,
                older.known_until as changed_on,
                'withdrawn' as cause,
            from {table} as older
            left join newer_versions as newer
                on {same_key}
                and newer.batch_date = older.known_until
                and newer.known_from = older.known_until
            {_join_loans(feed, "older")}
            where
                older.known_until > $since
                and older.known_from < older.known_until
                and newer.version_key is null
        ),

        records as (
            select user_key, restated_from, changed_on, cause from followed
            union
            select other_user_key as user_key, restated_from, changed_on, cause
            from followed
            where other_user_key <> user_key
            union
            select user_key, restated_from, changed_on, cause from withdrawn
        )

        select
            {quote_literal(feed.name)} as feed,
            user_key,
            restated_from,
            changed_on,
            {quote_literal(cause) if cause else "cause"} as cause,
        from records
        where restated_from < changed_on
    """


def _loan_starts(feed: Feed) -> str:
    """Instalments have no event of their own: they count from their loan's disbursement."""
    if feed.name != "installments":
        return "select 1"
    return (
        "select loan_key, min(disbursed_date) as start_date from staging.stg_loans "
        "where disbursed_date is not null group by loan_key"
    )


def _join_loans(feed: Feed, alias: str) -> str:
    if feed.name != "installments":
        return ""
    return f"left join loan_starts on loan_starts.loan_key = {alias}.loan_key"


def _first_event(feed: Feed, alias: str) -> str:
    """SQL of the first night a record can matter to; NULL for an instalment of no paid-out loan."""
    if feed.name == "installments":
        return "loan_starts.start_date"
    dates = ", ".join(f"{alias}.{name}" for name in EVENTS[feed.name])
    return f"coalesce(least({dates}, null::date), {_EVER})"


def _visible_from(feed: Feed, columns: Sequence[str]) -> str:
    """SQL of the first night that reads ``newer`` otherwise than ``older``; NULL if none does."""
    events = EVENTS[feed.name]
    moments = {moment for moment in events.values() if moment is not None}
    governed = GOVERNED.get(feed.name, {})
    parts = [_either(name, [name]) for name in events]
    parts += [_differs_governed(feed, name, dates) for name, dates in governed.items()]
    first = (
        _first_event(feed, "newer")
        if feed.name == "installments"
        else f"least({_first_event(feed, 'newer')}, {_first_event(feed, 'older')})"
    )
    plain = [name for name in columns if name not in {*events, *moments, *governed, *_SYSTEM}]
    differs = " or ".join(f"newer.{name} is distinct from older.{name}" for name in plain)
    parts.append(f"case when {differs} then {first} end")
    return f"least({', '.join(parts)}, null::date)"


def _either(column: str, dates: Sequence[str]) -> str:
    both = ", ".join(f"{alias}.{name}" for name in dates for alias in ("newer", "older"))
    return f"case when newer.{column} is distinct from older.{column} then least({both}) end"


def _differs_governed(feed: Feed, column: str, dates: Sequence[str]) -> str:
    """From the first of the governing dates on; a value that none governs counts ever since."""
    differs = " or ".join(
        f"newer.{name} is distinct from older.{name}" for name in (column, *dates)
    )
    first = f"least({_first_event(feed, 'newer')}, {_first_event(feed, 'older')})"
    ungoverned = " or ".join(
        f"({alias}.{column} is not null and coalesce("
        + ", ".join(f"{alias}.{name}" for name in dates)
        + ") is null)"
        for alias in ("newer", "older")
    )
    both = ", ".join(f"{alias}.{name}" for name in dates for alias in ("newer", "older"))
    return (
        f"case when {differs} then case when {ungoverned} then {first} else least({both}) end end"
    )
