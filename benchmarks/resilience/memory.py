"""memory: a night under a small CREDITLOOP_MEMORY_LIMIT ends or says clearly why not.

The process and its children may use the limit and 1 GiB beside it, as the error message says. A
machine of that size would kill a night that takes more; here it is watched, and counted as failed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.worlds import World, make_world
from scoring.warehouse.store import open_warehouse

GIB = 1024**3
BESIDE_BYTES = GIB
"""What Python, its libraries and the rows in their hands may take beside DuckDB."""

POLL_SECONDS = 0.1
_UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 1024**2, "GiB": GIB}


@dataclass(frozen=True)
class LimitedNight:
    """How a night under a limit ended.

    Attributes:
        exit_code: Of the command; negative if a signal ended it.
        peak_bytes: Most resident memory of the process and its children at one moment.
        last_line: What it said last on stderr.
        is_clear: It finished, or stopped with a line of its own and a documented exit code.
    """

    exit_code: int
    peak_bytes: int
    last_line: str
    is_clear: bool


def to_bytes(limit: str) -> int:
    """Bytes of a setting like ``2GiB``."""
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", limit).groups()  # type: ignore[union-attr]
    return int(float(number) * _UNITS[unit])


def run_limited(world: World, limit: str) -> LimitedNight:
    """Run the first night that is not loaded yet, in a process of its own."""
    command = [sys.executable, "-m", "scoring.cli.main", "nightly", "--date"]
    with tempfile.TemporaryFile("w+") as stderr:
        night = subprocess.Popen(
            [*command, str(world.night_dates[0])],
            env=world.environment | {"CREDITLOOP_MEMORY_LIMIT": limit},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        peak = 0
        while night.poll() is None:
            peak = max(peak, _resident_bytes(night.pid))
            time.sleep(POLL_SECONDS)
        stderr.seek(0)
        said = stderr.read()
    last = next(iter(said.strip().splitlines()[::-1]), "")
    stopped = night.returncode in (1, 2, 3) and last.startswith("creditloop: ")
    is_clear = (night.returncode == 0 or stopped) and "unforeseen" not in last
    return LimitedNight(night.returncode, peak, last, is_clear and "Traceback" not in said)


def _resident_bytes(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family)
    except psutil.Error:  # one of them has just ended
        return 0


def _print_steps(world: World) -> None:
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select step, wall_seconds, peak_memory_bytes // 1048576, state from ops.step_runs "
            "where step <> 'ingest_range' order by started_at"
        ).fetchall()
    for step, seconds, mebibytes, state in rows:
        print(f"{step:16}{seconds:8.1f} s {mebibytes:7,} MiB  {state}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365, help="of history")
    parser.add_argument("--limit", default="2GiB", help="CREDITLOOP_MEMORY_LIMIT of the night")
    parser.add_argument("--home", type=Path, help="keep the deployment here")


def run(options: argparse.Namespace) -> int:
    """Make the deployment, run the night and print what it took; exit 1 if it was killed."""
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        world = make_world(home, users=options.users, history_days=options.days, nights=1)
        night = run_limited(world, options.limit)
        _print_steps(world)
    allowed = to_bytes(options.limit) + BESIDE_BYTES
    print(
        f"{options.users:,} users, {options.days} days, {options.limit}: exit code "
        f"{night.exit_code}, at most {night.peak_bytes / GIB:.2f} GiB of {allowed / GIB:.2f}"
    )
    if night.exit_code:
        print(night.last_line)
    return 0 if night.is_clear and night.peak_bytes <= allowed else 1
