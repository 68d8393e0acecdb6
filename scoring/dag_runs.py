"""What a task of the nightly DAG does; light enough for a DAG file to import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from scoring.errors import ConfigurationError
from scoring.settings import load_settings
from scoring.steps import STEPS


def run_task(step: str) -> dict[str, Any]:
    """Run one step for the current DAG run.

    Returns:
        What it did, for XCom: its summary, row counts, and the page that tells more. It holds no
        personal value, and neither do the task's rendered fields: there are no templates.

    Raises:
        CreditloopError: Whatever the step raised.
    """
    from airflow.sdk import get_current_context  # noqa: PLC0415 - only inside a task

    from scoring.nights import make_night, run_step  # noqa: PLC0415 - not at parse time

    context = get_current_context()
    params, interval_start = context["params"], context.get("data_interval_start")
    if is_before(step, params.get("from_step")):
        return {"summary": "taken as done: the run began with a later step"}
    as_of_date, known_on = resolve_dates(params, interval_start)
    night = make_night(as_of_date, known_on, run_id=context["run_id"])
    report = run_step(load_settings(), step, night)
    page = {"page": str(report.page)} if report.page else {}
    return {"summary": report.summary, "row_counts": report.row_counts, **page}


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
