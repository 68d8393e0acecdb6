"""What the landing gate needs to know: feeds due for a night, and raw of the last weeks."""

from __future__ import annotations

from datetime import timedelta

import duckdb

from scoring.landing.arrival import is_expected
from scoring.landing.contract import Feed, load_feeds
from scoring.landing.raw_files import read_raw_sql
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier

RECENT_DAYS = 35
"""How many days before the night are looked at: four weeks, and the bills of the month before."""


def expected_feeds(
    settings: Settings, connection: duckdb.DuckDBPyConnection, night: Night
) -> tuple[str, ...]:
    """Feeds due on the night's date whose absence or emptiness nobody has declared.

    Declared is a batch that was loaded with no rows (its control file said so) and a waiver.
    """
    rows = connection.execute(
        """
        select feed from ops.batches where dt = $dt and state = 'loaded' and rows_read = 0
        union
        select feed from ops.waivers where dt = $dt
        """,
        {"dt": night.known_on},
    ).fetchall()
    declared = {row[0] for row in rows}
    return tuple(
        feed
        for feed in load_feeds()
        if feed not in declared and is_expected(settings, feed, night.known_on)
    )


def recent_rows(
    settings: Settings, connection: duckdb.DuckDBPyConnection, night: Night
) -> dict[str, str]:
    """Feed -> a parenthesised query over its batches of the night and the weeks before."""
    return {
        feed.name: f"({_recent_rows(connection, settings, feed, night)})"
        for feed in load_feeds().values()
    }


def _recent_rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings, feed: Feed, night: Night
) -> str:
    found = connection.execute(
        """
        select raw_file
        from ops.batches
        where
            feed = ?
            and state = 'loaded'
            and raw_file is not null
            and dt between ? and ?
        order by dt
        """,
        [feed.name, night.known_on - timedelta(days=RECENT_DAYS), night.known_on],
    ).fetchall()
    if not found:
        return (
            "select "
            + ", ".join(
                f"null::{kind} as {quote_identifier(name)}"
                for name, kind in feed.raw_columns.items()
            )
            + " where false"
        )
    names = ", ".join(quote_identifier(name) for name in feed.raw_columns)
    return f"select {names} from {read_raw_sql(settings, [row[0] for row in found])}"
