"""night: time and peak memory of every step, and the fixed cost of a night.

python -m benchmarks.night [--users 100000] [--days 365]

The fixed cost (imports, start-ups, dbt and Great Expectations overhead) is a night over ten users.
Each night runs in a process of its own, as the scheduler would run it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.worlds import World, make_world
from scoring.warehouse.store import open_warehouse


def run_in_own_process(world: World, number: int) -> float:
    """Run one night by the command line; returns its wall seconds."""
    started = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "scoring.cli.main",
            "nightly",
            "--date",
            str(world.night_dates[number]),
        ],
        env=world.environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def print_steps(world: World, title: str) -> None:
    """Print the recorded steps of a deployment."""
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select coalesce(as_of_date::varchar, ''), step, wall_seconds, cpu_seconds,"
            " startup_seconds, peak_memory_bytes // 1048576, row_counts"
            " from ops.step_runs order by started_at"
        ).fetchall()
    print(f"\n{title}")
    print(f"{'night':12}{'step':16}{'wall s':>9}{'cpu s':>9}{'start-up s':>11}{'MiB':>7}  rows")
    for night, step, wall, cpu, startup, memory, rows_handled in rows:
        figures = f"{wall:9.1f}{cpu:9.1f}{startup:11.1f}{memory:7}"
        print(f"{night:12}{step:16}{figures}  {rows_handled[:90]}")


def measure(folder: Path, users: int, days: int, title: str) -> None:
    """Simulate, load, run two nights, print."""
    started = time.perf_counter()
    world = make_world(folder, users=users, history_days=days, nights=2)
    print(f"{title}: simulated and loaded in {time.perf_counter() - started:.0f} s", flush=True)
    for number in range(2):
        seconds = run_in_own_process(world, number)
        print(f"{title}: night {number + 1} as a whole process {seconds:.1f} s", flush=True)
    print_steps(world, title)


def main() -> None:
    """Measure the fixed cost, then the load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder) / "fixed", 10, 30, "fixed cost (10 users)")
        title = f"load ({arguments.users:,} users, {arguments.days} days)"
        measure(Path(folder) / "load", arguments.users, arguments.days, title)


if __name__ == "__main__":
    main()
