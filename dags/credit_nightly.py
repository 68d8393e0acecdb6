"""The nightly DAG: wiring only; every step lives in the ``scoring`` and ``expectations`` packages.

Nothing heavy is imported when Airflow parses this file.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import (
    Asset,
    AsyncCallback,
    CronDataIntervalTimetable,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    chain,
    dag,
    task,
)

from scoring.dag_runs import run_task
from scoring.notifications import report_failure
from scoring.orchestration import WRITER_POOL
from scoring.settings import load_settings
from scoring.steps import STEPS

SETTINGS = load_settings()
TIMEZONE = SETTINGS.business_timezone
FIRST_STEP = next(iter(STEPS))
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
* **One writer:** every task takes the single slot of the pool `{WRITER_POOL}`; a night that has
  begun goes before one that has not (a backfill starts many runs at once).
* **Logs:** the models of `build_marts` with their seconds, the verdict of every expectation of a
  gate. The page of a gate is in the task's XCom `page`.
* **Backfills:** created with `python -m scoring.orchestration backfill create`; their days are
  published together, as one generation, by the run that is the last to be judged.
* **Failed or late** (not done {SETTINGS.night_deadline_minutes} minutes after it was queued): said
  by `scoring.notifications`.
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


DEADLINE = (
    DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=SETTINGS.night_deadline_minutes),
        callback=AsyncCallback("scoring.notifications.report_late_night"),
    )
    if SETTINGS.night_deadline_minutes
    else None
)


def _date(description: str) -> Param:
    """An optional date: a calendar in the form."""
    return Param(None, type=["null", "string"], format="date", description=description)


@dag(
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone=TIMEZONE),
    start_date=datetime(2025, 1, 1, tzinfo=ZoneInfo(TIMEZONE)),
    catchup=False,
    max_active_runs=1,
    deadline=DEADLINE,
    doc_md=DOC,
    tags=["creditloop"],
    params={
        "as_of_date": _date("Business day to compute; empty = the start of the data interval."),
        "known_on": _date("Last landing batch to look at; empty = as_of_date."),
        "from_step": Param(
            FIRST_STEP,
            type="string",
            enum=list(STEPS),
            description="First step to run; the ones before it are taken as done.",
        ),
        "card": Param(
            None,
            type=["null", "string"],
            description="Card that scores the night instead of that day's champion; a backfill"
            " takes the champions.",
        ),
        "backfill": Param(
            None,
            type=["null", "object"],
            description="Filled in by `python -m scoring.orchestration backfill create`.",
        ),
    },
    default_args={
        "pool": WRITER_POOL,
        "retries": 3,
        "retry_delay": timedelta(minutes=2),
        "retry_policy": ONLY_TRANSIENT,
        "weight_rule": "upstream",
        "on_failure_callback": report_failure,
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
