"""Publish nights in processes of their own that die, as by ``kill -9``, at a named moment.

Run as ``python -m tests.scoring.publish.kill_at``. Each line of standard input is a JSON list of
HOME, DATE, WHEN, FUNCTION, WHAT and, if PostgreSQL is published to, its DSN: WHEN is ``before`` or
``after``, FUNCTION the dotted name of a function that is called, WHAT ``night`` or ``rollback``.
Each is done by a fork, so that Python starts and imports only once; the answer is the fork's exit
code, as ``subprocess`` has it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import date
from typing import NoReturn

import pyarrow.dataset  # noqa: F401 - DuckDB loads it at first use

from scoring.landing.contract import load_feeds
from scoring.nights import make_night
from scoring.publish.rollback import rollback
from scoring.publish.step import publish_night
from scoring.settings import load_settings


def _deadly(function: Callable[..., object], when: str) -> Callable[..., object]:
    def call(*values: object, **named: object) -> object:
        if when == "after":
            function(*values, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    return call


def _publish_and_die(
    home: str, day: str, when: str, dotted: str, what: str, dsn: str | None = None
) -> None:
    module_name, name = dotted.rsplit(".", 1)
    module = importlib.import_module(module_name)
    setattr(module, name, _deadly(getattr(module, name), when))
    settings = load_settings(home=home, postgres_dsn=dsn)
    if what == "rollback":
        rollback(settings)
    else:
        publish_night(settings, make_night(date.fromisoformat(day)))


def _run_fork(arguments: list[str]) -> NoReturn:
    try:
        _publish_and_die(*arguments)
    except BaseException:  # noqa: BLE001 - nothing of a fork may get into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    load_feeds()  # what every publication loads at first use is here already
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run_fork(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
