"""What a task of the nightly DAG does; light enough for a DAG file to import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from scoring.errors import ConfigurationError
from scoring.settings import load_settings
from scoring.steps import STEPS

if TYPE_CHECKING:
    from scoring.recording import StepReport

BACKFILL = "backfill"
"""Airflow's type of a run that belongs to a backfill."""


def run_task(step: str) -> dict[str, Any]:
    """Run one step for the current DAG run.

    Returns:
        What it did, for XCom: its summary, row counts, and the page that tells more. It holds no
        personal value, and neither do the task's rendered fields: there are no templates.

    Raises:
        CreditloopError: Whatever the step raised.
    """
    from airflow.sdk import get_current_context  # noqa: PLC0415 - only inside a task

    context = get_current_context()
    params, interval_start = context["params"], context.get("data_interval_start")
    if is_before(step, params.get("from_step")):
        return {"summary": "taken as done: the run began with a later step"}
    dates = resolve_dates(params, interval_start)
    run = _run_in_backfill if context["dag_run"].run_type == BACKFILL else _run_by_itself
    report = run(step, dates, params, context["run_id"])
    page = {"page": str(report.page)} if report.page else {}
    return {"summary": report.summary, "row_counts": report.row_counts, **page}


def _run_by_itself(
    step: str, dates: tuple[date, date], params: Mapping[str, Any], run_id: str
) -> StepReport:
    from scoring.nights import make_night, run_step  # noqa: PLC0415 - not at parse time

    night = make_night(*dates, run_id=run_id, card_id=params.get("card") or None)
    return run_step(load_settings(), step, night)


def _run_in_backfill(
    step: str, dates: tuple[date, date], params: Mapping[str, Any], run_id: str
) -> StepReport:
    from scoring.backfill import scheduled  # noqa: PLC0415 - not at parse time

    settings = load_settings()
    membership = scheduled.Membership.from_param(params.get("backfill"), run_id)
    night = scheduled.join_backfill(settings, membership, *dates)
    return scheduled.run_backfill_step(settings, step, night)


def is_before(step: str, from_step: str | None) -> bool:
    """Whether a run that begins with ``from_step`` takes ``step`` as done.

    Example:
        >>> is_before("ingest", "score"), is_before("score", "score"), is_before("ingest", None)
        (True, False, False)
    """
    names = list(STEPS)
    return from_step is not None and names.index(step) < names.index(from_step)


def resolve_dates(params: Mapping[str, Any], interval_start: datetime | None) -> tuple[date, date]:
    """(as_of_date, known_on) of a run; never from the logical date, which is a day off.

    Raises:
        ConfigurationError: Neither a parameter nor a data interval says which day it is.
    """
    if params.get("as_of_date"):
        as_of_date = date.fromisoformat(params["as_of_date"])
    elif interval_start is not None:
        zone = ZoneInfo(load_settings().business_timezone)
        as_of_date = interval_start.astimezone(zone).date()
    else:
        raise ConfigurationError(
            "run refused",
            subject="credit_nightly",
            expected="the parameter as_of_date, since an asset-triggered run has no data interval",
            got="no date",
            next_step="Trigger it with as_of_date.",
        )
    known_on = params.get("known_on")
    return as_of_date, date.fromisoformat(known_on) if known_on else as_of_date
