"""Opening a backfill, or finding the unfinished one that the same request began."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from scoring.backfill.contents import record_before
from scoring.backfill.ledger import (
    Backfill,
    add_backfill,
    end_backfill,
    find_backfill,
    find_running,
    restart_days,
)
from scoring.backfill.request import Request, check_request, choose_readings
from scoring.changes.pairs import published_readings
from scoring.code_version import code_version
from scoring.errors import ConfigurationError
from scoring.nights import Night, check_not_ahead, new_run_id
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

Causes = Mapping[date, Sequence[str]]


def open_backfill(
    settings: Settings,
    request: Request,
    *,
    backfill_id: str | None = None,
    causes: Causes | None = None,
) -> Backfill:
    """The backfill of this request: the unfinished one, or a new one.

    An unfinished one that other code began starts anew: its days must all be of one code.

    Args:
        settings: The deployment.
        request: What is asked for.
        backfill_id: Its id, where a scheduler gives it one; it must then be asked for with the
            same range every time.
        causes: Why each day is planned, for the record.

    Raises:
        ConfigurationError: The range is none, lies ahead, or another unfinished backfill shares a
            day with it.
    """
    check_request(request)
    with open_warehouse(settings) as connection:
        found = _find(connection, request, backfill_id)
        if found is not None:
            if found.code_version != code_version() and found.state == "running":
                restart_days(connection, found.backfill_id, code_version())
            return found
        number = backfill_id or new_run_id("backfill")
        readings = choose_readings(connection, request)
        nights = [Night(day, known_on, number) for day, known_on in readings.items()]
        check_not_ahead(settings, nights[-1])
        opened = Backfill(
            backfill_id=number,
            date_from=request.date_from,
            date_to=request.date_to,
            rule=request.rule,
            scope=request.scope,
            reason=request.reason,
            started_by=_whoami(),
            state="running",
            generation=None,
            code_version=code_version(),
        )
        _write(connection, settings, opened, nights, causes or {})
    return opened


def abandon_backfill(settings: Settings, backfill_id: str) -> Backfill:
    """Give up an unfinished backfill; nothing of it is published.

    Raises:
        ConfigurationError: There is no unfinished backfill of that id.
    """
    with open_warehouse(settings) as connection:
        found = find_backfill(connection, backfill_id)
        if found is None or found.state != "running":
            raise ConfigurationError(
                "backfill not abandoned",
                subject=backfill_id,
                expected="the id of an unfinished backfill",
                got="none of that id" if found is None else found.state,
                next_step="See `creditloop status` for the unfinished ones.",
            )
        end_backfill(connection, backfill_id, "abandoned")
    return found


def _find(
    connection: duckdb.DuckDBPyConnection, request: Request, backfill_id: str | None
) -> Backfill | None:
    """The backfill that this request began; refuses one that is in its way."""
    named = find_backfill(connection, backfill_id) if backfill_id else None
    if named is not None and _is_same(named, request):
        return named
    running = find_running(connection, request.date_from, request.date_to)
    if named is None and backfill_id is None and running and _is_same(running[0], request):
        return running[0]
    for other in [named] if named else running:
        raise ConfigurationError(
            "backfill refused",
            subject=request.subject,
            expected="no other unfinished backfill of these days",
            got=f"{other.backfill_id} of {other.date_from}..{other.date_to} "
            f"(--known-on {other.rule}, {other.scope} users)",
            next_step="Finish it with the same command as before, or give it up: "
            f"creditloop backfill --abandon {other.backfill_id}",
        )
    return None


def _is_same(found: Backfill, request: Request) -> bool:
    return (found.date_from, found.date_to, found.rule, found.scope) == (
        request.date_from,
        request.date_to,
        request.rule,
        request.scope,
    )


def _write(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    opened: Backfill,
    nights: Sequence[Night],
    causes: Causes,
) -> None:
    published = published_readings(settings)
    days = {night: causes.get(night.as_of_date, ("asked for",)) for night in nights}
    connection.execute("begin")
    try:
        add_backfill(connection, opened, days)
        record_before(connection, opened.backfill_id, nights, published)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
