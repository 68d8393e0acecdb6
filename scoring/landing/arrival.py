"""Arrival rules: what a night needs before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb

from scoring.errors import DataRefusedError
from scoring.landing.batches import BatchRecord, read_batches
from scoring.landing.contract import load_feeds
from scoring.landing.waivers import waived_dates
from scoring.settings import Settings

_SATURDAY = 5


def is_expected(settings: Settings, feed: str, dt: date) -> bool:
    """Whether ``feed`` must arrive with the batch date ``dt``."""
    arrival = settings.arrival(feed)
    if arrival == "business_day":
        return dt.weekday() < _SATURDAY and dt not in settings.holidays
    return arrival == "daily"


def check_arrivals(
    connection: duckdb.DuckDBPyConnection, settings: Settings, known_on: date
) -> None:
    """Refuse to start a night whose input is missing, refused or unfinished.

    Raises:
        DataRefusedError: An expected feed has not landed, users were never landed, or a batch up to
            ``known_on`` is refused or unfinished; none of it waived.
    """
    for name in load_feeds():
        records, waived = read_batches(connection, name), waived_dates(connection, name)
        _check_unfinished(name, known_on, records, waived)
        if is_expected(settings, name, known_on) and known_on not in {*records, *waived}:
            raise DataRefusedError(
                "night refused",
                subject=f"{name}@{known_on}",
                expected=f"a landed batch (the feed arrives {settings.arrival(name)})",
                got="none",
                next_step='Land it, land _control.json with {"rows": 0} if there is nothing, or '
                f"accept it with --accept-missing {name} --reason TEXT.",
            )
    _check_users(connection, known_on)


def find_gaps(
    connection: duckdb.DuckDBPyConnection, settings: Settings, first: date, known_on: date
) -> list[str]:
    """Warnings about expected batches between ``first`` and the day before ``known_on``."""
    found = []
    for name in load_feeds():
        present = {*read_batches(connection, name), *waived_dates(connection, name)}
        days = [date.fromordinal(day) for day in range(first.toordinal(), known_on.toordinal())]
        missing = [day for day in days if is_expected(settings, name, day) and day not in present]
        if missing:
            found.append(
                f"{name}: {len(missing)} expected batches before {known_on} have not landed, the "
                f"first for {missing[0]}"
            )
    return found


def _check_unfinished(
    feed: str, known_on: date, records: Mapping[date, BatchRecord], waived: Mapping[date, str]
) -> None:
    for dt, record in sorted(records.items()):
        if dt > known_on or record.is_loaded or dt in waived:
            continue
        state = "a refused one" if record.state == "refused" else "one that was left half-way"
        rule = f" ({record.refusal_rule})" if record.refusal_rule else ""
        raise DataRefusedError(
            "night refused",
            subject=f"{feed}@{dt}",
            expected=f"every batch up to {known_on} loaded or waived",
            got=f"{state}{rule}",
            next_step=f"Replace the files and run creditloop ingest --date {dt}, or accept the "
            f"loss with creditloop waive {feed} --date {dt} --kind refused --reason TEXT.",
        )


def _check_users(connection: duckdb.DuckDBPyConnection, known_on: date) -> None:
    records = read_batches(connection, "users")
    if any(dt <= known_on and record.is_loaded for dt, record in records.items()):
        return
    raise DataRefusedError(
        "night refused",
        subject=f"users@{known_on}",
        expected="the users feed landed at least once by then",
        got="no batch of it",
        next_step="Land users: without them no other row belongs to anybody.",
    )
