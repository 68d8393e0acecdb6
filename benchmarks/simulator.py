"""simulator: time, memory and rows per second of simulated worlds, as the command makes them.

python -m benchmarks.simulator [--users 1000000] [--days 365] [--seed 7] [--dirt none]

First 10,000 users for the same days, then the large world. Memory is the greatest sum over all
processes, sampled while they work.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path

import psutil

from scoring.simulator.options import check_dirt
from scoring.simulator.simulate import simulate

START = date(2025, 1, 1)
SMALL_USERS = 10_000


class Memory:
    """Greatest resident memory of this process and its children, seen so far."""

    def __init__(self) -> None:
        self.peak = 0

    def look(self, *_progress: object) -> None:
        """Take a sample."""
        me = psutil.Process()
        total = 0
        for process in (me, *me.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.peak = max(self.peak, total)


def measure(users: int, days: int, seed: int, dirt: str, processes: int | None = None) -> None:
    """Simulate one world in a folder of its own and print what it took."""
    memory = Memory()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        report = simulate(
            users=users,
            start=START,
            days=days,
            seed=seed,
            out=Path(folder) / "landing",
            dirt=check_dirt(dirt),
            processes=processes,
            on_progress=memory.look,
        )
        seconds = time.perf_counter() - started
    print(report.render())
    print(f"{users:,} users x {days} days: {seconds:.1f} s, peak {memory.peak / 2**30:.2f} GiB\n")


def main() -> None:
    """Measure the small and the large world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--dirt", default="none")
    arguments = parser.parse_args()
    for users in (SMALL_USERS, arguments.users):
        measure(users, arguments.days, arguments.seed, arguments.dirt)


if __name__ == "__main__":
    main()
