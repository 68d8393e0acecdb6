"""kill_steps: SIGKILL inside each of the seven steps, the same command again, equal content.

    python -m benchmarks.kill_steps [--kills-per-step 3]

A reader queries the previous publication throughout.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.worlds import World, make_world, run_nights
from scoring.nights import STEPS
from scoring.publish.published import published_content_hash
from scoring.warehouse.store import open_warehouse

VICTIM = """
import os, signal, sys, threading
from datetime import date
from scoring.nights import STEPS, make_night, run_step
from scoring.settings import load_settings
day, victim, delay = date.fromisoformat(sys.argv[1]), sys.argv[2], float(sys.argv[3])
settings, night = load_settings(), make_night(day)
for step in STEPS:
    if step == victim:
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
    run_step(settings, step, night)
    if step == victim:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass
class Reader:
    """Counts what a BI client sees of the published file."""

    generations: set[tuple[int, int]] = field(default_factory=set)
    queries: int = 0
    errors: list[str] = field(default_factory=list)


@contextmanager
def querying(world: World) -> Iterator[Reader]:
    """Query the published file in a loop, a fresh process-independent connection each time."""
    reader, stop = Reader(), threading.Event()
    file = world.settings.published / "creditloop.duckdb"

    def loop() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect(str(file), read_only=True) as connection:
                    generation, users, nights = connection.execute(
                        "select (select generation from publication),"
                        " (select count(*) from scores_latest),"
                        " (select count(*) from scores)"
                    ).fetchall()[0]
                reader.generations.add((generation, nights))
                reader.queries += 1 if users else 0
            except duckdb.Error as error:
                reader.errors.append(type(error).__name__)
            time.sleep(0.02)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield reader
    finally:
        stop.set()
        thread.join()


def step_seconds(world: World, day: date) -> dict[str, float]:
    """How long each step of a finished night took, from ``ops``."""
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select step, max(wall_seconds)::double from ops.step_runs"
            " where as_of_date = ? and state = 'succeeded' group by step",
            [day],
        ).fetchall()
    return dict(rows)


def kill_and_repeat(world: World, home: Path, day: date, step: str, delay: float) -> Reader:
    """On a copy of ``world``: kill the night ``delay`` seconds into ``step``, then run it whole."""
    shutil.copytree(world.home, home)
    copy = replace(world, home=home)
    with querying(copy) as reader:
        killed = subprocess.run(
            [sys.executable, "-c", VICTIM, str(day), step, str(delay)],
            env=copy.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if killed.returncode != -signal.SIGKILL:
            raise RuntimeError(f"not killed in {step}: {killed.stderr[-2000:]}")
        time.sleep(0.2)
    repeated = subprocess.run(
        [sys.executable, "-m", "scoring.cli.main", "nightly", "--date", str(day)],
        env=copy.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if repeated.returncode != 0:
        raise RuntimeError(f"repeat failed after a kill in {step}: {repeated.stderr[-2000:]}")
    return reader


def main() -> None:
    """Kill every step at random moments and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills-per-step", type=int, default=2)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        world = make_world(base / "world", users=arguments.users, history_days=60, nights=2)
        first, second = world.night_dates
        run_nights(world, [first])
        shutil.copytree(world.home, base / "reference")
        reference = replace(world, home=base / "reference")
        run_nights(reference, [second])
        expected = published_content_hash(reference.settings)
        seconds = step_seconds(reference, second)
        print(f"reference {expected}; seed {arguments.seed}")
        for step in STEPS:
            for number in range(arguments.kills_per_step):
                delay = rng.uniform(0, 1.5 * seconds[step])
                home = base / f"{step}-{number}"
                reader = kill_and_repeat(world, home, second, step, delay)
                found = published_content_hash(replace(world, home=home).settings)
                good = found == expected and not reader.errors and len(reader.generations) == 1
                failures += not good
                verdict = "equal" if found == expected else "DIFFERS"
                print(
                    f"{step:14} killed after {delay:6.2f} s: hash {verdict},"
                    f" {reader.queries} queries meanwhile, {len(reader.errors)} errors",
                    flush=True,
                )
                shutil.rmtree(home)
    print("all equal" if not failures else f"{failures} FAILED")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
