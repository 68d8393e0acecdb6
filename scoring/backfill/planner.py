"""Making a plan from what the warehouse and the published file know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb

from scoring.backfill.chunks import count_users, nights_at_once
from scoring.backfill.ledger import Backfill, find_running
from scoring.backfill.plan import ESTIMATED_STEPS, Plan, PlannedDay
from scoring.backfill.request import Request, check_request, choose_readings
from scoring.changes.pairs import published_readings
from scoring.code_version import code_version
from scoring.errors import PermanentError
from scoring.marts.records import MARTS
from scoring.releases.store import read_ledger
from scoring.score.store import CONTENT_COLUMNS
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import SCHEMA_VERSION, duckdb_config

_SCORES = tuple(f"scores.{table}" for table in CONTENT_COLUMNS)
_ALL = (*(f"marts.{mart}" for mart in MARTS), *_SCORES)


def plan_backfill(settings: Settings, request: Request) -> Plan:
    """What ``run_backfill`` would do for this request; writes nothing.

    Raises:
        ConfigurationError: The request is refused.
        TransientError: A run holds the warehouse.
        PermanentError: The warehouse is of another version.
    """
    check_request(request)
    published = published_readings(settings)
    with _reading(settings) as connection:
        readings = choose_readings(connection, request)
        if connection is None:
            days = [PlannedDay(day, k, None, ("missing",), {}, _ALL) for day, k in readings.items()]
            return Plan(request.date_from, request.date_to, request.rule, request.scope, days, 1)
        running = find_running(connection, request.date_from, request.date_to)
        resumes = [other.backfill_id for other in running if _is_same(other, request)]
        days = [
            _plan_day(connection, day, known_on, published.get(day))
            for day, known_on in readings.items()
        ]
        return Plan(
            request.date_from,
            request.date_to,
            request.rule,
            request.scope,
            days,
            nights_at_once(settings, count_users(connection)),
            _estimate(connection, len(days)),
            resumes[0] if resumes else None,
            [other.backfill_id for other in running if other.backfill_id not in resumes],
            _count_unread(connection),
        )


@contextmanager
def _reading(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The warehouse, to be read only; None where there is none yet."""
    if not settings.warehouse_file.exists():
        yield None
        return
    # An open reader blocks the writer, so a reader takes the writer's lock as well.
    with writer_lock(settings):
        connection = duckdb.connect(
            str(settings.warehouse_file), read_only=True, config=duckdb_config(settings)
        )
        try:
            _check_version(connection, settings)
            yield connection
        finally:
            connection.close()


def _check_version(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    row = connection.execute("select max(version) from ops.schema_version").fetchone()
    if row is None or row[0] != SCHEMA_VERSION:
        raise PermanentError(
            "plan not made",
            subject=settings.warehouse_file.name,
            expected=f"schema version {SCHEMA_VERSION}",
            got=f"version {row[0] if row else None}",
            next_step="Run `creditloop upgrade`; planning itself writes nothing.",
        )


def _is_same(other: Backfill, request: Request) -> bool:
    return (other.date_from, other.date_to, other.rule, other.scope) == (
        request.date_from,
        request.date_to,
        request.rule,
        request.scope,
    )


def _plan_day(
    connection: duckdb.DuckDBPyConnection, day: date, known_on: date, published: date | None
) -> PlannedDay:
    if published is None:
        return PlannedDay(day, known_on, None, ("missing",), {}, _ALL)
    users = _restated_users(connection, day, published, known_on)
    causes = ["restated"] if users else []
    if _is_reopened(connection, day, published):
        causes.append("reopened")
    if _is_of_other_code(connection, day, published):
        causes.append("code")
    tables: Sequence[str] = _ALL if causes else ()
    if _is_of_other_card(connection, day, published):
        causes.append("card")
        tables = tables or _SCORES
    return PlannedDay(day, known_on, published, tuple(causes), users, tables)


def _restated_users(
    connection: duckdb.DuckDBPyConnection, day: date, published: date, known_on: date
) -> dict[str, int]:
    rows = connection.execute(
        """
        select cause, count(distinct user_key)
        from ops.restated_records
        where restated_from <= ? and changed_on > ? and changed_on <= ?
        group by cause
        """,
        [day, published, known_on],
    ).fetchall()
    return dict(rows)


def _is_reopened(connection: duckdb.DuckDBPyConnection, day: date, known_on: date) -> bool:
    row = connection.execute(
        """
        select exists (
            select 1
            from ops.irreproducible_nights as nights
            where nights.as_of_date = $day and nights.known_on = $known_on
                and nights.marked_at > (
                    select max(recorded_at) from ops.table_contents
                    where as_of_date = $day and known_on = $known_on
                )
        )
        """,
        {"day": day, "known_on": known_on},
    ).fetchone()
    return bool(row and row[0])


def _is_of_other_code(connection: duckdb.DuckDBPyConnection, day: date, known_on: date) -> bool:
    rows = connection.execute(
        "select distinct code_version from ops.table_contents "
        "where as_of_date = ? and known_on = ? and starts_with(table_name, 'scores.')",
        [day, known_on],
    ).fetchall()
    return rows != [(code_version(),)]


def _is_of_other_card(connection: duckdb.DuckDBPyConnection, day: date, known_on: date) -> bool:
    rows = connection.execute(
        "select distinct card_id from ops.card_runs "
        "where as_of_date = ? and known_on = ? and role = 'champion'",
        [day, known_on],
    ).fetchall()
    return bool(rows) and rows != [(read_ledger(connection).champion(day).card_id,)]


def _estimate(connection: duckdb.DuckDBPyConnection, days: int) -> float | None:
    """Seconds, from what a day took in the last backfills, or else in the last nights.

    Start-ups happen once and are left out of a night's time.
    """
    rows = connection.execute(
        """
        with timed as (
            select
                step,
                starts_with(run_id, 'backfill-') as is_backfill,
                (wall_seconds - startup_seconds)::double
                    / coalesce((row_counts ->> 'nights')::integer, 1) as seconds,
            from ops.step_runs
            where state = 'succeeded' and list_contains($steps, step)
            qualify row_number() over (
                partition by step, starts_with(run_id, 'backfill-') order by started_at desc
            ) <= 20
        )

        select step, median(seconds)
        from timed
        group by step, is_backfill
        qualify row_number() over (partition by step order by is_backfill desc) = 1
        """,
        {"steps": list(ESTIMATED_STEPS)},
    ).fetchall()
    return days * sum(float(seconds) for _, seconds in rows) if rows else None


def _count_unread(connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute(
        """
        select count(*)
        from ops.batches as batches
        anti join ops.staged_batches as staged
            on staged.feed = batches.feed and staged.dt = batches.dt
        where batches.state = 'loaded' and batches.raw_file is not null
        """
    ).fetchall()
    return int(rows[0][0])
