"""Judge nights of a backfill in processes that die, as by ``kill -9``, at a named moment.

Run as ``python -m tests.scoring.backfill.kill_at``. Each line of standard input is a JSON list of
HOME, WHEN and FUNCTION, as in ``tests.scoring.publish.kill_at``; each is done by a fork that
judges every day of the open backfill in turn, and the answer is the fork's exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback

import pyarrow.dataset  # noqa: F401 - DuckDB loads it at first use

from scoring.backfill.judging import stage_or_complete
from scoring.landing.contract import load_feeds
from scoring.nights import Night
from scoring.settings import load_settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.publish.kill_at import _deadly


def judge_all(home: str) -> None:
    """What a run, started again, does for every day that is not judged yet, and at the end."""
    settings = load_settings(home=home)
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select as_of_date, known_on, backfill_id from ops.backfill_days order by as_of_date"
        ).fetchall()
    for row in rows:
        stage_or_complete(settings, Night(*row))


def _judge_and_die(home: str, when: str, dotted: str) -> None:
    module_name, name = dotted.rsplit(".", 1)
    module = importlib.import_module(module_name)
    setattr(module, name, _deadly(getattr(module, name), when))
    judge_all(home)


def main() -> None:
    load_feeds()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _judge_and_die(*json.loads(line))
            except BaseException:  # noqa: BLE001 - nothing of a fork may get into the loop
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
