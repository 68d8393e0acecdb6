"""``creditloop simulate``: a world of users, written as landing files of all ten feeds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scoring.landing.contract import load_feeds
from scoring.simulator.aside import filled_aside
from scoring.simulator.dirt.soiler import DirtLevel
from scoring.simulator.options import (
    check_apart,
    check_format,
    check_free_space,
    check_options,
)
from scoring.simulator.parameters import Parameters, make_parameters
from scoring.simulator.season import to_day
from scoring.simulator.shards import Plan, Written, count_processes, run_shards
from scoring.simulator.truth import write_truth

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SimulationReport:
    """What was written.

    Attributes:
        folder: Landing folder.
        truth: Folder of what no feed tells.
        users: Users that have registered by the last day.
        days: Number of days.
        row_counts: Rows by feed.
        byte_count: Bytes of data files.
        seconds: Time it took.
    """

    folder: Path
    truth: Path
    users: int
    days: int
    row_counts: dict[str, int]
    byte_count: int
    seconds: float

    def render(self) -> str:
        """A few plain lines for a terminal."""
        total = sum(self.row_counts.values())
        lines = [f"{self.users:,} users, {self.days:,} days in {self.folder}"]
        lines += [f"  {feed:<16} {count:>14,} rows" for feed, count in self.row_counts.items()]
        lines.append(f"  {'together':<16} {total:>14,} rows, {self.byte_count / 1e6:,.1f} MB")
        lines.append(f"What no feed tells is in {self.truth}")
        lines.append(f"{self.seconds:.1f} s, {total / max(self.seconds, 1e-9):,.0f} rows/s")
        return "\n".join(lines)


def simulate(
    *,
    users: int,
    start: date,
    days: int,
    seed: int,
    out: Path,
    truth: Path | None = None,
    parameters: Parameters | None = None,
    dirt: DirtLevel = "none",
    file_format: str = "parquet",
    processes: int | None = None,
    on_progress: OnProgress | None = None,
) -> SimulationReport:
    """Simulate ``users`` users for ``days`` days and write the landing files of every day.

    Writes ``<out>/<feed>/dt=YYYY-MM-DD/part-<shard>.<file_format>`` and ``_control.json``; a day
    without rows has only the latter. Equal arguments give equal bytes, whatever ``processes`` is.
    User i lives the same life whatever ``users`` is, and the first days are the same whatever
    ``days`` is.

    Args:
        users: Size of the population, 1 to 10,000,000; nine in ten are there from the start.
        start: First day, not before 1970-01-01.
        days: Number of days, at least 1.
        seed: Non-negative; another seed is another world.
        out: Landing folder to write; it must be absent or empty.
        truth: Folder for what no feed tells; absent or empty; default ``<out>.truth``.
        parameters: Constants of the world; default those of the default world.
        dirt: How dirty the feeds are.
        file_format: ``parquet``, ``csv``, ``csv.gz`` or ``jsonl``.
        processes: Processes at work; default one per processor.
        on_progress: Called now and then with what is done, days done and days in all.

    Raises:
        ConfigurationError: An option is out of its range, or a folder cannot be written there.
        TransientError: There is not enough space, or writing failed; the folders are as they were.
    """
    started = time.perf_counter()
    check_options(users=users, start=start, days=days, seed=seed, processes=processes)
    kind = check_format(file_format)
    out = out.expanduser().resolve()
    truth = (truth or out.with_name(out.name + ".truth")).expanduser().resolve()
    check_apart(truth, out)
    with filled_aside(truth, "--truth") as hidden, filled_aside(out, "--out") as landing:
        check_free_space(out, users, days)
        plan = Plan(
            users=users,
            start=to_day(start),
            days=days,
            seed=seed,
            parameters=parameters or make_parameters(),
            dirt=dirt,
            file_format=kind,
            landing=landing,
            truth=hidden,
        )
        written = run_shards(
            plan,
            processes or count_processes(),
            lambda done, total: on_progress("simulate", done, total) if on_progress else None,
        )
        write_truth(plan)
    return _report(written, out, truth, days, time.perf_counter() - started)


def _report(
    written: Written, out: Path, truth: Path, days: int, seconds: float
) -> SimulationReport:
    row_counts = dict.fromkeys(load_feeds(), 0)
    for (feed, _day), totals in written.totals.items():
        row_counts[feed] += totals.rows
    byte_count = sum(totals.size for totals in written.totals.values())
    return SimulationReport(out, truth, written.user_count, days, row_counts, byte_count, seconds)
