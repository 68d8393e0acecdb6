"""Running a backfill in this process: several days a dbt invocation, one generation at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from scoring.backfill.building import build_affected, build_chunk, find_built
from scoring.backfill.chunks import chunk, count_users, nights_at_once
from scoring.backfill.judging import complete, judge, refusal_of
from scoring.backfill.ledger import AWAITED, Backfill, Day, find_backfill, mark_days, read_days
from scoring.backfill.loading import load_batches
from scoring.backfill.opening import Causes, open_backfill
from scoring.backfill.request import Request
from scoring.errors import PermanentError
from scoring.nights import Night, run_step
from scoring.recording import StepReport
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

OnStep = Callable[[str, str], None]
"""Called with (what was done, for which days or with which outcome), for progress."""

_JUDGING = ("check_marts", "score", "check_scores")


@dataclass(frozen=True)
class Outcome:
    """How a backfill ended.

    Attributes:
        backfill: Its row in the ledger.
        days: Its days.
        report: What was published.
    """

    backfill: Backfill
    days: tuple[Day, ...]
    report: StepReport

    @property
    def refused(self) -> list[Day]:
        """Days that are not published."""
        return [day for day in self.days if day.state == "refused"]


def run_backfill(
    settings: Settings,
    request: Request,
    *,
    causes: Causes | None = None,
    on_step: OnStep | None = None,
) -> Outcome:
    """Compute the days of a request and publish those that pass their gates, as one generation.

    Days outside the range stay as they are. Killed anywhere, the same call again goes on where it
    stopped and ends with the same content.

    Args:
        settings: The deployment.
        request: Which days, as known when.
        causes: Why each day is planned, for the record.
        on_step: Called after each step.

    Raises:
        ConfigurationError: The request, or a setting, is refused.
        TransientError: Lock, disk or network trouble; the same call goes on.
    """
    tell = on_step or (lambda _what, _outcome: None)
    backfill = open_backfill(settings, request, causes=causes)
    tell("backfill", backfill.backfill_id)
    load_batches(settings, _awaited(settings, backfill), tell)
    with open_warehouse(settings) as connection:
        size = nights_at_once(settings, count_users(connection))
        built = find_built(connection, _awaited_days(connection, backfill))
    _judge_all(settings, built, tell)
    if backfill.scope == "affected":
        waiting = _check_landing(settings, _awaited(settings, backfill), tell)
        _judge_all(settings, build_affected(settings, waiting, tell), tell)
    for nights in chunk(_awaited(settings, backfill), size):
        ready = _check_landing(settings, nights, tell)
        _judge_all(settings, build_chunk(settings, ready, tell), tell)
    report = complete(settings, backfill)
    tell("publish", report.summary)
    with open_warehouse(settings) as connection:
        ended = find_backfill(connection, backfill.backfill_id) or backfill
        days = tuple(read_days(connection, backfill.backfill_id))
    return Outcome(ended, days, report)


def _awaited(settings: Settings, backfill: Backfill) -> list[Night]:
    with open_warehouse(settings) as connection:
        return [day.night for day in _awaited_days(connection, backfill)]


def _awaited_days(connection: duckdb.DuckDBPyConnection, backfill: Backfill) -> list[Day]:
    days = read_days(connection, backfill.backfill_id)
    return [day for day in days if day.state in AWAITED]


def _check_landing(settings: Settings, nights: Sequence[Night], tell: OnStep) -> list[Night]:
    return [
        night for night in nights if _try_steps(settings, night, ("check_landing",), tell) is None
    ]


def _judge_all(settings: Settings, nights: Sequence[Night], tell: OnStep) -> None:
    """Check and score built nights, each in its turn: a night is compared with the one before."""
    for night in nights:
        if _try_steps(settings, night, _JUDGING, tell) is None:
            with open_warehouse(settings) as connection:
                message = judge(connection, night)
            tell("staged" if not message else "refused", f"{night.as_of_date} {message}".strip())


def _try_steps(settings: Settings, night: Night, steps: Sequence[str], tell: OnStep) -> str | None:
    """Run steps of a night; an error about this night refuses it and is returned as text."""
    for step in steps:
        try:
            run_step(settings, step, night)
        except PermanentError as error:
            message = refusal_of(error)
            if message is None:
                raise
            with open_warehouse(settings) as connection:
                mark_days(connection, [night], "refused", message)
            tell("refused", f"{night.as_of_date} {message}")
            return message
    return None
