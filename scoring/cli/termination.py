"""SIGTERM, as a scheduler or a shutdown sends it: one line, then the process is gone at once."""

from __future__ import annotations

import os
import signal
import sys

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a terminated command, as shells write it."""

_LINE = "creditloop: terminated; the same command continues where it stopped.\n"


def announce_termination() -> None:
    """From now on say what to do before SIGTERM ends this process.

    Nothing is cleaned up: every command survives ``kill -9`` at any moment, and an exception thrown
    into a running query comes out of DuckDB as another one.
    """
    owner = os.getpid()
    # Python's tracker of semaphores outlives this process, tidies up and would say so.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")

    def end(_number: int, _frame: object) -> None:
        if os.getpid() == owner:  # children that were forked off end without a word
            sys.stdout.flush()
            sys.stderr.write(_LINE)
            sys.stderr.flush()
        os._exit(TERMINATED)

    signal.signal(signal.SIGTERM, end)
