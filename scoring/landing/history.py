"""Dating the rows of a history load by their own first event."""

from __future__ import annotations

from datetime import date

import duckdb

from scoring.landing.batches import BatchRecord, loaded_raw_files
from scoring.landing.contract import Feed
from scoring.landing.raw_files import read_raw_sql
from scoring.landing.refusals import Refusal, refuse
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal


def create_parent_dates(
    connection: duckdb.DuckDBPyConnection, settings: Settings, feed: Feed
) -> None:
    """Make ``ingest_parents(parent_id, batch_date)`` from the parent feed's loaded batches."""
    parent = feed.history_parent
    files = loaded_raw_files(connection, parent.feed) if parent else []
    if parent is None or not files:
        query = "select null::varchar as parent_id, null::date as batch_date where false"
    else:
        query = (
            f"select {quote_identifier(parent.column)} as parent_id, min(batch_date) as batch_date "
            f"from {read_raw_sql(settings, files)} group by parent_id"
        )
    connection.execute(f"create or replace temp table ingest_parents as {query}")


def first_event_date(feed: Feed, zone: str) -> str:
    """SQL for a row's assumed batch date: its parent's, else its own first event's, at most dt."""
    events = ", ".join(_business_date(feed, name, zone) for name in feed.first_event)
    own = f"coalesce(least({events}), files.dt)"
    return f"least(files.dt, coalesce(parents.batch_date, {own}))"


def parent_join(feed: Feed) -> str:
    """The join of ``first_event_date`` to ``ingest_parents``."""
    column = feed.history_parent.column if feed.history_parent else None
    match = f"typed.{quote_identifier(column)} = parents.parent_id" if column else "false"
    return f"left join ingest_parents as parents on {match}"


def refuse_over_landed(feed: Feed, dt: date, last_date: date, first_landed: date) -> Refusal:
    """The refusal of history that reaches into dates which daily batches already cover."""
    return refuse(
        feed.name,
        dt,
        None,
        rule="history_over_landed",
        expected=f"rows dated before the first daily batch of the feed, {first_landed}",
        got=f"rows up to {last_date}",
        next_step="Take those rows out, or land them as a daily batch without --history.",
    )


def first_landed_date(records: dict[date, BatchRecord]) -> date | None:
    """Earliest date with a loaded daily batch."""
    return min(
        (dt for dt, each in records.items() if each.is_loaded and each.known_basis == "landed"),
        default=None,
    )


def _business_date(feed: Feed, name: str, zone: str) -> str:
    column = f"typed.{quote_identifier(name)}"
    if feed.column(name).type == "date":
        return column
    return f"timezone({quote_literal(zone)}, timezone('UTC', {column}))::date"
