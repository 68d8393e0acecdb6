"""Time, memory and outcome of every piece of work, written to ``ops.step_runs``."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.lineage import StepLineage
from scoring.settings import Settings
from scoring.system_errors import as_known_error
from scoring.warehouse.memory import PeakMemory
from scoring.warehouse.store import open_warehouse

log = logging.getLogger(__name__)

_startup_seconds = 0.0


@dataclass(frozen=True)
class StepReport:
    """What a step did.

    Attributes:
        summary: One plain line for logs and terminals, free of personal data.
        row_counts: Rows handled, by a short name.
        page: A page for people that tells more.
    """

    summary: str
    row_counts: dict[str, int] = field(default_factory=dict)
    page: Path | None = None


@contextmanager
def startup() -> Iterator[None]:
    """Count the block as fixed cost (imports, engine start-ups) of the step that runs now."""
    global _startup_seconds  # noqa: PLW0603 - one step runs at a time in a process
    started = time.perf_counter()
    try:
        yield
    finally:
        _startup_seconds += time.perf_counter() - started


def run_recorded(
    settings: Settings,
    step: str,
    run_id: str,
    as_of_date: date,
    known_on: date,
    work: Callable[[], StepReport],
) -> StepReport:
    """Do ``work`` and record it, whether it succeeds or fails.

    Raises:
        CreditloopError: Whatever ``work`` raised, unchanged; trouble of the machine by its name.
    """
    global _startup_seconds  # noqa: PLW0603 - one step runs at a time in a process
    _startup_seconds = 0.0
    started_at, started, started_cpu = utc_now(), time.perf_counter(), time.process_time()
    report, failure = StepReport(""), ""
    raised: BaseException | None = None
    midnight = datetime.combine(as_of_date, time_of_day.min, ZoneInfo(settings.business_timezone))
    lineage = StepLineage(step, run_id, midnight)
    lineage.start()
    with PeakMemory() as memory:
        try:
            report = work()
        except BaseException as error:
            known = as_known_error(error)
            raised = known or error
            failure = type(error).__name__ if known is None else str(known)
            if known is None or known is error:
                raise
            raise known from error
        finally:
            wall = time.perf_counter() - started
            values = [
                run_id,
                step,
                as_of_date,
                known_on,
                started_at,
                wall,
                time.process_time() - started_cpu,
                _startup_seconds,
                memory.peak_bytes,
                "failed" if failure else "succeeded",
                failure or report.summary,
                json.dumps(report.row_counts),
                code_version(),
            ]
            lineage.end(raised)
            _write(settings, values, tolerant=bool(failure))
    log.info("%s@%s: %s (%.1f s)", step, as_of_date, report.summary, wall)
    return report


def _write(settings: Settings, values: list[object], *, tolerant: bool) -> None:
    """Write one row; ``tolerant`` keeps a failing store from hiding the step's own error."""
    marks = ", ".join("?" for _ in values)
    try:
        with open_warehouse(settings) as connection:
            connection.execute(f"insert into ops.step_runs values ({marks})", values)
    except Exception as error:
        known = as_known_error(error)
        if known is None or (known is error and not tolerant):
            raise
        if not tolerant:
            raise known from error
        log.warning("the failed step could not be recorded: %s", known)
