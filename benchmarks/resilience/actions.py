"""Do an action in a process that may be killed: ``python -m benchmarks.resilience.actions``.

Each line of standard input is a JSON list of ACTION, its DAYS and seconds until ``kill -9``, or
null to let it end. Each is done by a fork, so that Python starts and imports only once. The answer
is a line with the fork's exit code and how many seconds it lived; what it wrote goes to standard
error.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date

import pyarrow.dataset  # noqa: F401 - DuckDB loads it at first use

from scoring.backfill.request import Request
from scoring.backfill.runner import run_backfill
from scoring.errors import PermanentError
from scoring.landing.contract import load_feeds
from scoring.nights import make_night, run_night, run_step
from scoring.publish.published import read_published
from scoring.publish.rollback import rollback
from scoring.settings import Settings, load_settings
from scoring.steps import STEPS

FIRST_GENERATION = 1


def _night(settings: Settings, days: list[date]) -> None:
    for day in days:
        run_night(settings, make_night(day))


def _backfill(settings: Settings, days: list[date]) -> None:
    run_backfill(settings, Request(days[0], days[-1], reason="killed"))


def _publish(settings: Settings, days: list[date]) -> None:
    for day in days:
        run_step(settings, "publish", make_night(day))


def _rollback(settings: Settings, _days: list[date]) -> None:
    """Return to the first generation; done once is done, whoever asks again is told so."""
    try:
        rollback(settings, FIRST_GENERATION, "killed")
    except PermanentError as error:
        shown = read_published(settings)
        if shown is None or shown.generation != FIRST_GENERATION:
            raise
        sys.stderr.write(f"{error}\n")


ACTIONS: Mapping[str, Callable[[Settings, list[date]], None]] = {
    "night": _night,
    "backfill": _backfill,
    "publish": _publish,
    "rollback": _rollback,
}
"""Action -> what it does to a deployment and some business days."""


def _run_fork(action: str, days: list[str]) -> None:
    try:
        ACTIONS[action](load_settings(_env_file=None), [date.fromisoformat(day) for day in days])
    except BaseException:  # noqa: BLE001 - nothing of a fork may get into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _wait(child: int, started: float, delay: float | None) -> int:
    """Exit code of a fork; a group of its own is killed when it is still there after ``delay``."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if delay is not None and time.perf_counter() - started >= delay:
            os.killpg(child, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        time.sleep(0.001)


def main() -> None:
    """Answer every line."""
    load_feeds()
    for target in STEPS.values():
        importlib.import_module(target.split(":")[0])
    for line in sys.stdin:
        action, days, delay = json.loads(line)
        started = time.perf_counter()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            _run_fork(action, days)
        # Both sides say so: whoever is first, the group is there before anybody kills it.
        with suppress(ProcessLookupError):
            os.setpgid(child, child)
        code = _wait(child, started, delay)
        sys.stdout.write(f"{code} {time.perf_counter() - started}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
