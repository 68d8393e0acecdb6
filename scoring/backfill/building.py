"""The step ``build_marts`` of a backfill: several days in one dbt invocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import duckdb

from scoring.backfill.affected import rebuild_affected, takes_over
from scoring.backfill.judging import refusal_of
from scoring.backfill.ledger import Day, mark_days
from scoring.backfill.restatements import examine_staging
from scoring.changes.pairs import published_readings
from scoring.code_version import code_version
from scoring.errors import PermanentError
from scoring.landing.raw_views import create_raw_views
from scoring.marts.build import build_nights
from scoring.marts.dbt_runner import run_dbt
from scoring.marts.records import MARTS
from scoring.marts.staging import prepare_staging
from scoring.nights import Night
from scoring.recording import StepReport, run_recorded
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse

_STAGING = ("--select", "path:models/staging")


def build_chunk(
    settings: Settings, nights: Sequence[Night], tell: Callable[[str, str], None]
) -> list[Night]:
    """Build the marts of some nights together; if that fails for a reason of theirs, one by one.

    Returns:
        The nights that were built; the others are refused.

    Raises:
        ConfigurationError: A setting is missing.
        TransientError: Lock or disk trouble.
    """
    if not nights:
        return []
    last = nights[-1]

    def work() -> StepReport:
        report = build_nights(settings, nights)
        return replace(report, row_counts={**report.row_counts, "nights": len(nights)})

    try:
        report = run_recorded(
            settings, "build_marts", last.run_id, last.as_of_date, last.known_on, work
        )
    except PermanentError as error:
        message = refusal_of(error)
        if message is None:
            raise
        if len(nights) > 1:
            return [built for night in nights for built in build_chunk(settings, [night], tell)]
        with open_warehouse(settings) as connection:
            mark_days(connection, nights, "refused", message)
        tell("refused", f"{last.as_of_date} {message}")
        return []
    with open_warehouse(settings) as connection:
        mark_days(connection, nights, "built")
    tell("build_marts", report.summary)
    return list(nights)


def build_affected(
    settings: Settings, nights: Sequence[Night], tell: Callable[[str, str], None]
) -> list[Night]:
    """Build the nights that can take over their published reading, computing restated users only.

    Returns:
        The nights that were built; the others need a whole build.

    Raises:
        PermanentError: A model failed.
        TransientError: Lock or disk trouble.
    """
    if not nights or settings.engine != "duckdb":  # Spark's staging is not in the warehouse
        return []
    update_staging(settings)
    published = published_readings(settings)
    with open_warehouse(settings) as connection:
        chosen = [night for night in nights if takes_over(connection, night, published)]
    for known_on in sorted({night.known_on for night in chosen}):
        same = [night for night in chosen if night.known_on == known_on]
        _build_affected_of(settings, same, published, tell)
    return chosen


def _build_affected_of(
    settings: Settings,
    nights: Sequence[Night],
    published: Mapping[date, date],
    tell: Callable[[str, str], None],
) -> None:
    last = nights[-1]

    def work() -> StepReport:
        with open_warehouse(settings) as connection:
            users = rebuild_affected(connection, settings, nights, published)
        summary = f"{users:,} users computed for {len(nights)} night(s), all others taken over"
        return StepReport(summary, {"users": users, "nights": len(nights)})

    report = run_recorded(
        settings, "build_marts", last.run_id, last.as_of_date, last.known_on, work
    )
    with open_warehouse(settings) as connection:
        mark_days(connection, nights, "built")
    tell("build_marts", report.summary)


def update_staging(settings: Settings) -> None:
    """Take in batches that no build has, and note which nights they restate.

    Raises:
        PermanentError: A model failed.
        TransientError: Lock or disk trouble.
    """
    with writer_lock(settings):
        with open_warehouse(settings) as connection:
            create_raw_views(connection, settings)
            prepare_staging(connection, settings)
            ((pending,),) = connection.execute(
                "select count(*) from ops.pending_batches"
            ).fetchall()
        if pending:
            run_dbt(settings, "run", *_STAGING, subject="staging")
        with open_warehouse(settings) as connection:
            examine_staging(connection)


def find_built(connection: duckdb.DuckDBPyConnection, days: Sequence[Day]) -> list[Night]:
    """The nights that an interrupted run had built: their features are there, and of this code."""
    return [day.night for day in days if day.state == "built" and _is_there(connection, day.night)]


def _is_there(connection: duckdb.DuckDBPyConnection, night: Night) -> bool:
    reading = [night.as_of_date, night.known_on]
    recorded = connection.execute(
        "select count(*) from ops.table_contents where as_of_date = ? and known_on = ? "
        "and starts_with(table_name, 'marts.') and code_version = ?",
        [*reading, code_version()],
    ).fetchall()
    ((rows,),) = connection.execute(
        f"select count(*) from marts.{MARTS[0]} where as_of_date = ? and known_on = ?", reading
    ).fetchall()
    return recorded == [(len(MARTS),)] and rows > 0
