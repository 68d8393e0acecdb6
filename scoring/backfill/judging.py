"""Whether a day of a backfill may be published, and the end of a backfill once all are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import duckdb

from scoring.backfill.contents import record_after
from scoring.backfill.ledger import (
    AWAITED,
    Backfill,
    BackfillState,
    Day,
    end_backfill,
    find_backfill,
    mark_days,
    read_days,
)
from scoring.changes.night import fill_pair
from scoring.changes.pairs import lay_over, pairs_beside, published_readings
from scoring.changes.table import has_pair
from scoring.errors import ConfigurationError, GateClosedError, PermanentError, TransientError
from scoring.marts.records import prune_marts
from scoring.nights import Night
from scoring.publish.gates import require_open_gates
from scoring.publish.published import read_published
from scoring.publish.step import publish_night, publish_nights
from scoring.recording import StepReport, run_recorded
from scoring.score.marts import read_catalog
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse


def stage_or_complete(settings: Settings, night: Night) -> StepReport:
    """The step ``publish`` of a night of a backfill, in any order and from any process.

    The night is staged, or refused if a gate did not let it through; whoever judges the last day of
    the backfill publishes all that are staged as one generation. That is decided under the writer
    lock, in ``ops.backfill_days``. A night that was refused and corrected after its backfill had
    ended is published by itself.

    Args:
        settings: The deployment.
        night: A night whose steps are over, well or not; ``run_id`` is the backfill's id.

    Returns:
        What was done; the generation if there is one.

    Raises:
        ConfigurationError: The backfill does not know this night.
    """
    report = _settle(settings, night, judge)
    return report if report is not None else _publish_late(settings, night)


def refuse_or_complete(settings: Settings, night: Night, message: str) -> StepReport | None:
    """Leave a night of a backfill out before its last step, instead of ``stage_or_complete``.

    Args:
        settings: The deployment.
        night: A night whose step failed; ``run_id`` is the backfill's id.
        message: Why, free of personal data.

    Returns:
        What was done; None if the backfill has ended, and stays as it is.

    Raises:
        ConfigurationError: The backfill does not know this night.
    """

    def refuse(connection: duckdb.DuckDBPyConnection, refused: Night) -> str:
        mark_days(connection, [refused], "refused", message)
        return message

    return _settle(settings, night, refuse)


def _settle(
    settings: Settings, night: Night, verdict: Callable[[duckdb.DuckDBPyConnection, Night], str]
) -> StepReport | None:
    """Note the verdict on a night and complete after the last one; None if all has ended."""
    with writer_lock(settings):
        with open_warehouse(settings) as connection:
            backfill = require_backfill(connection, night)
            if backfill.state != "running":
                return None
            message = verdict(connection, night)
            waiting = [day for day in read_days(connection, night.run_id) if day.state in AWAITED]
        if waiting:
            told = f"refused: {message}" if message else "staged"
            return StepReport(
                f"{night.as_of_date} {told}; {len(waiting)} days of {backfill.subject} to come",
                {"waiting": len(waiting)},
            )
        return complete(settings, backfill)


def read_state(connection: duckdb.DuckDBPyConnection, night: Night) -> Day:
    """How far a night of a backfill is.

    Raises:
        ConfigurationError: The backfill does not know this night.
    """
    require_backfill(connection, night)
    (found,) = [day for day in read_days(connection, night.run_id) if day.night == night]
    return found


def require_backfill(connection: duckdb.DuckDBPyConnection, night: Night) -> Backfill:
    """The backfill that a night's run names.

    Raises:
        ConfigurationError: There is none, or it does not have this night.
    """
    found = find_backfill(connection, night.run_id)
    nights = [day.night for day in read_days(connection, night.run_id)]
    if found is None or night not in nights:
        raise ConfigurationError(
            "night not staged",
            subject=f"night@{night.as_of_date}, known on {night.known_on}",
            expected="a night of an open backfill",
            got=f"no such night in {night.run_id}",
            next_step="Open the backfill first, with this day in its range.",
        )
    return found


def judge(connection: duckdb.DuckDBPyConnection, night: Night) -> str:
    """Stage a night, or refuse it; returns why it was refused, or nothing."""
    try:
        require_open_gates(connection, night)
    except GateClosedError as error:
        mark_days(connection, [night], "refused", str(error))
        return str(error)
    mark_days(connection, [night], "staged")
    return ""


def complete(settings: Settings, backfill: Backfill) -> StepReport:
    """Publish what is staged as one generation and close the backfill.

    Killed anywhere, the same call again ends with the same content.

    Returns:
        The generation; or that there is none because every day was refused.
    """
    with writer_lock(settings):
        with open_warehouse(settings) as connection:
            days = read_days(connection, backfill.backfill_id)
            for day in days:
                if day.state == "staged":
                    judge(connection, day.night)  # once more: a day may have been built again
            days = read_days(connection, backfill.backfill_id)
        staged = [day.night for day in days if day.state == "staged"]
        report = _publish(settings, staged) if staged else StepReport("no day passed its gates")
        publication = read_published(settings) if staged else None
        with open_warehouse(settings) as connection:
            _close(connection, backfill, days, publication.generation if publication else None)
            prune_marts(connection, settings.feature_nights_kept, staged[-1:])
    refused = [str(day.as_of_date) for day in days if day.state == "refused"]
    if not refused:
        return report
    return replace(report, summary=f"{report.summary}; left out: {', '.join(refused)}")


def _publish(settings: Settings, nights: list[Night]) -> StepReport:
    last = nights[-1]

    def work() -> StepReport:
        with open_warehouse(settings) as connection:
            fill_missing_pairs(connection, settings, nights)
        return publish_nights(settings, nights)

    return _recorded(settings, last, work)


def _publish_late(settings: Settings, night: Night) -> StepReport:
    report = _recorded(settings, night, lambda: publish_night(settings, night))
    with open_warehouse(settings) as connection:
        mark_days(connection, [night], "published")
        record_after(connection, [night])
    return report


def _recorded(settings: Settings, night: Night, work: Callable[[], StepReport]) -> StepReport:
    return run_recorded(settings, "publish", night.run_id, night.as_of_date, night.known_on, work)


def fill_missing_pairs(
    connection: duckdb.DuckDBPyConnection, settings: Settings, nights: list[Night]
) -> None:
    """Compare the nights with their final neighbours, where the step ``score`` could not.

    It could not where a neighbour came later, or was refused after it had been compared with.
    """
    staged = {night.as_of_date: night.known_on for night in nights}
    readings = lay_over(published_readings(settings), staged)
    current = [night for night in nights if readings[night.as_of_date] == night.known_on]
    pairs = dict.fromkeys(pair for night in current for pair in pairs_beside(readings, night))
    missing = [pair for pair in pairs if not has_pair(connection, pair)]
    if missing:
        catalog = read_catalog(connection, nights[-1])
        for pair in missing:
            fill_pair(connection, settings, pair, catalog)


def _close(
    connection: duckdb.DuckDBPyConnection,
    backfill: Backfill,
    days: list[Day],
    generation: int | None,
) -> None:
    staged = [day.night for day in days if day.state == "staged"]
    refused = [day for day in days if day.state == "refused"]
    state: BackfillState = "refused" if not staged else "partial" if refused else "complete"
    connection.execute("begin")
    try:
        record_after(connection, staged)
        mark_days(connection, staged, "published")
        end_backfill(connection, backfill.backfill_id, state, generation)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def refusal_of(error: PermanentError | TransientError) -> str | None:
    """Why a day is refused for this error; None if the error is about more than the day."""
    if isinstance(error, ConfigurationError | TransientError):
        return None
    return str(error)
