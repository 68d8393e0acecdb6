"""The nightly DAG: wiring only; every step lives in the ``scoring`` and ``expectations`` packages.

Nothing heavy is imported when Airflow parses this file.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    Asset,
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    chain,
    dag,
    get_current_context,
    task,
)

from scoring.errors import ConfigurationError
from scoring.orchestration import WRITER_POOL
from scoring.settings import load_settings
from scoring.steps import STEPS

TIMEZONE = load_settings().business_timezone
PUBLISHED = Asset(name="creditloop_published", uri="creditloop://published/creditloop.duckdb")

DOC = f"""
### One business day, from landed files to published scores

`{" → ".join(STEPS)}`

* **Which day:** the parameter `as_of_date`, else the business date of the data interval's start.
* **What was known:** the parameter `known_on`, else the end of that day.
* **A gate closed:** nothing below it runs and yesterday's publication stands. The task's log names
  the expectation and the page under `reports/data_docs/`.
* **Retries:** only lock, disk and network trouble; refused data and closed gates fail at once.
* **Again:** clearing any task is safe; a day run twice leaves the same content as once.
* **One writer:** every task takes the single slot of the pool `{WRITER_POOL}`.
"""

ONLY_TRANSIENT = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="scoring.errors.TransientError",
            action=RetryAction.RETRY,
            reason="lock, disk or network trouble may pass",
        )
    ],
    default=RetryAction.FAIL,
)


def resolve_dates(params: dict[str, Any], interval_start: datetime | None) -> tuple[date, date]:
    """(as_of_date, known_on) of a run; never from the logical date, which is a day off."""
    if params.get("as_of_date"):
        as_of_date = date.fromisoformat(params["as_of_date"])
    elif interval_start is not None:
        as_of_date = interval_start.astimezone(ZoneInfo(TIMEZONE)).date()
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


def run_task(step: str) -> dict[str, int]:
    """Run one step for the current DAG run; returns its row counts."""
    from scoring.nights import make_night, run_step  # noqa: PLC0415 - not at parse time

    context = get_current_context()
    as_of_date, known_on = resolve_dates(context["params"], context.get("data_interval_start"))
    night = make_night(as_of_date, known_on, run_id=context["run_id"])
    return run_step(load_settings(), step, night).row_counts


@dag(
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone=TIMEZONE),
    start_date=datetime(2025, 1, 1, tzinfo=ZoneInfo(TIMEZONE)),
    catchup=False,
    max_active_runs=1,
    doc_md=DOC,
    tags=["creditloop"],
    params={
        "as_of_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="Business day to compute; empty = the start of the data interval.",
        ),
        "known_on": Param(
            None,
            type=["null", "string"],
            format="date",
            description="Last landing batch to look at; empty = as_of_date.",
        ),
    },
    default_args={
        "pool": WRITER_POOL,
        "retries": 3,
        "retry_delay": timedelta(minutes=2),
        "retry_policy": ONLY_TRANSIENT,
    },
)
def credit_nightly() -> None:
    """Score every user for one business day."""
    chain(
        *(
            task(task_id=step, outlets=[PUBLISHED] if step == "publish" else [])(run_task)(step)
            for step in STEPS
        )
    )


credit_nightly()
