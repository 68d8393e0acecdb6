"""Waivers: accepted absences and refusals. A waived batch counts as absent for good."""

from __future__ import annotations

from datetime import date
from typing import Literal

import duckdb

from scoring.clock import utc_now
from scoring.errors import ConfigurationError
from scoring.landing.batches import read_batches
from scoring.landing.contract import load_feeds
from scoring.landing.folders import find_folders
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

WaiverKind = Literal["missing", "refused"]


def waive(settings: Settings, feed: str, dt: date, kind: WaiverKind, reason: str) -> None:
    """Accept that a batch is missing, or that it is refused or unfinished.

    Raises:
        ConfigurationError: There is no such feed, no reason is given, or there is nothing of that
            kind to waive.
    """
    if feed not in load_feeds():
        raise _refuse(feed, dt, " | ".join(load_feeds()), "an unknown feed", "Name a feed.")
    if not reason.strip():
        raise _refuse(feed, dt, "a reason", "none", "Say why with --reason TEXT.")
    with open_warehouse(settings) as connection:
        _check_kind(connection, settings, feed, dt, kind)
        write_waiver(connection, feed, dt, kind, reason)


def write_waiver(
    connection: duckdb.DuckDBPyConnection, feed: str, dt: date, kind: WaiverKind, reason: str
) -> None:
    """Record a waiver whose ground the caller has checked."""
    connection.execute(
        "insert or replace into ops.waivers values (?, ?, ?, ?, ?)",
        [feed, dt, kind, reason, utc_now()],
    )


def waived_dates(connection: duckdb.DuckDBPyConnection, feed: str) -> dict[date, str]:
    """Landing dates of the feed that are waived, with the reason."""
    rows = connection.execute(
        "select dt, reason from ops.waivers where feed = ? order by dt, kind", [feed]
    ).fetchall()
    return {row[0]: str(row[1]) for row in rows}


def _check_kind(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: str,
    dt: date,
    kind: WaiverKind,
) -> None:
    record = read_batches(connection, feed).get(dt)
    if kind == "refused":
        if record is None or record.is_loaded:
            state = "none" if record is None else "a loaded one"
            raise _refuse(
                feed, dt, "a refused or unfinished batch", state, "Waive what status lists."
            )
        return
    folders = find_folders(settings, load_feeds()[feed], dt, dt).folders
    if record is not None or any(not folder.is_empty for folder in folders):
        raise _refuse(
            feed,
            dt,
            "a batch that has not landed",
            "one that has",
            "Run the night without accepting it as missing, or waive the refusal.",
        )


def _refuse(feed: str, dt: date, expected: str, got: str, next_step: str) -> ConfigurationError:
    return ConfigurationError(
        "waiver refused", subject=f"{feed}@{dt}", expected=expected, got=got, next_step=next_step
    )
