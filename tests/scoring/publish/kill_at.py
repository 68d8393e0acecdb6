"""Publish one night in this process and die, as by ``kill -9``, at a named moment.

Run as ``python -m tests.scoring.publish.kill_at HOME DATE WHEN FUNCTION WHAT``; WHEN is
``before`` or ``after``, FUNCTION the dotted name of a function that is called, WHAT
``night`` or ``rollback``.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import date

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


def main() -> None:
    home, day, when, dotted, what = sys.argv[1:]
    module_name, name = dotted.rsplit(".", 1)
    module = importlib.import_module(module_name)
    setattr(module, name, _deadly(getattr(module, name), when))
    settings = load_settings(home=home)
    if what == "rollback":
        rollback(settings)
    else:
        publish_night(settings, make_night(date.fromisoformat(day)))


if __name__ == "__main__":
    main()
