"""backfill: a stretch of days together against separate nights, and affected users against all.

python -m benchmarks.operations backfill [--users 20000] [--days 30] [--history 120]

Separate nights run in a process each, as a scheduler would run them. All hashes must be equal.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from benchmarks.worlds import World, make_world
from scoring.landing.ingest import load_range
from scoring.publish.published import published_content_hash, read_published
from scoring.warehouse.store import open_warehouse


@dataclass(frozen=True)
class Timed:
    """Time of some commands: on the clock, and of all cores."""

    wall_seconds: float
    cpu_seconds: float


def run_commands(world: World, commands: list[list[str]]) -> Timed:
    """Run ``creditloop`` commands, each in a process of its own."""
    wall, cpu = time.perf_counter(), _children_seconds()
    environment = world.environment | {"CREDITLOOP_FEATURE_NIGHTS_KEPT": "40"}
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "scoring.cli.main", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return Timed(time.perf_counter() - wall, _children_seconds() - cpu)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def copy_world(world: World, home: Path) -> World:
    """The same deployment in another place."""
    shutil.copytree(world.home, home, symlinks=True)
    return replace(world, home=home)


def read_hashes(world: World) -> dict[str, str]:
    """What readers see, and what every table of every reading holds."""
    publication = read_published(world.settings)
    if publication is None:
        sys.exit("nothing is published")
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select table_name || ' ' || as_of_date || ' ' || known_on, content_hash"
            " from ops.table_contents where not starts_with(table_name, 'published.')"
        ).fetchall()
    shown = {
        "shown": publication.content_hash,
        "scores": published_content_hash(world.settings),
    }
    return shown | dict(rows)


def print_steps(world: World, like: str) -> None:
    """Seconds by step of the runs whose id begins with ``like``."""
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select step, count(*), sum(wall_seconds)::double, sum(cpu_seconds)::double,"
            " max(peak_memory_bytes) // 1048576 from ops.step_runs where starts_with(run_id, ?)"
            " group by step order by sum(cpu_seconds) desc",
            [like],
        ).fetchall()
    for step, count, wall, cpu, memory in rows:
        print(f"    {step:16}{count:4} times{wall:9.1f} s{cpu:9.1f} CPU s{memory:7} MiB")


def compare(title: str, slow: Timed, fast: Timed, is_equal: bool) -> bool:
    """Print one comparison; returns whether the hashes are equal."""
    verdict = "equal" if is_equal else "DIFFERENT"
    print(
        f"{title}: {fast.wall_seconds:.1f} s against {slow.wall_seconds:.1f} s"
        f" = {fast.wall_seconds / slow.wall_seconds:.3f} of it"
        f" (CPU {fast.cpu_seconds:.0f} s against {slow.cpu_seconds:.0f} s"
        f" = {fast.cpu_seconds / slow.cpu_seconds:.3f}); hashes {verdict}",
        flush=True,
    )
    return is_equal


def land_late(world: World, share: float, day: date) -> int:
    """Purchases of a share of the users, a week old, come with ``day``; returns how many users."""
    folder = world.settings.landing / "transactions" / f"dt={day}"
    stride = round(1 / share)
    target = folder / "late.parquet"
    duckdb.execute(
        f"""
        copy (
            select * replace (
                'late-' || transaction_id as transaction_id,
                timestamp '{day - timedelta(days=7)} 12:00:00' as occurred_at
            )
            from read_parquet(
                '{folder.parent}/dt=*/part-*.parquet', union_by_name = true,
                hive_partitioning = false
            )
            where direction = 'out' and refund_of is null and status = 'settled'
                and hash(user_id) % {stride} = 0
            qualify row_number() over (partition by user_id order by transaction_id) = 1
        ) to '{target}' (format parquet)
        """
    )
    control = json.loads((folder / "_control.json").read_text(encoding="utf-8"))
    added = ", ".join(f"coalesce(sum({name}), 0)" for name in control["sums"])
    rows, *sums = duckdb.execute(f"select count(*), {added} from '{target}'").fetchall()[0]
    control["rows"] += rows
    for name, more in zip(control["sums"], sums, strict=True):
        control["sums"][name] = str(Decimal(control["sums"][name]) + more)
    (folder / "_control.json").write_text(json.dumps(control), encoding="utf-8")
    return int(rows)


def measure_together(base: Path, world: World, days: list[date]) -> tuple[World, bool]:
    """The stretch as separate nights and as one backfill; returns the backfilled deployment."""
    apart = copy_world(world, base / "apart")
    slow = run_commands(apart, [["nightly", "--date", str(day)] for day in days])
    print("  separate nights")
    print_steps(apart, "night-")
    together = copy_world(world, base / "together")
    fast = run_commands(together, [_backfill(days)])
    print("  one backfill")
    print_steps(together, "backfill-")
    expected, found = read_hashes(apart), read_hashes(together)
    for name in sorted(name for name in expected if expected[name] != found.get(name)):
        print(f"  differs: {name}")
    shutil.rmtree(apart.home)
    return together, compare(f"{len(days)} days together", slow, fast, expected == found)


def measure_affected(base: Path, world: World, days: list[date], share: float) -> bool:
    """Late rows of a few users: the days restated for these users only, and for everybody."""
    late_day = world.night_dates[-1]
    users = land_late(world, share, late_day)
    load_range(world.settings, late_day, late_day)
    # Staging takes the batch in once, whoever comes first: that is not compared.
    run_commands(world, [["build", "--date", str(late_day)]])
    whole = copy_world(world, base / "whole")
    slow = run_commands(whole, [[*_backfill(days), "--known-on", "latest"]])
    print("  everybody restated")
    print_steps(whole, "backfill-")
    few = copy_world(world, base / "few")
    fast = run_commands(few, [[*_backfill(days), "--known-on", "latest", "--affected-only"]])
    print(f"  only those affected by late rows of {users} users")
    print_steps(few, "backfill-")
    expected, found = read_hashes(whole), read_hashes(few)
    for name in sorted(name for name in expected if expected[name] != found.get(name)):
        print(f"  differs: {name}")
    return compare(f"{users} late users only", slow, fast, expected == found)


def _backfill(days: list[date]) -> list[str]:
    return ["backfill", "--from", str(days[0]), "--to", str(days[-1])]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--history", type=int, default=120)
    parser.add_argument("--late-share", type=float, default=0.01)


def run(options: argparse.Namespace) -> int:
    """Measure both; 1 if a hash differs."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        # One night before the stretch is published, so that its first day has one to compare with.
        world = make_world(
            base / "world",
            users=options.users,
            history_days=options.history,
            nights=options.days + 2,
        )
        first, *days, _late = world.night_dates
        run_commands(world, [["nightly", "--date", str(first)]])
        load_range(world.settings, days[0], days[-1])
        print(f"{options.users:,} users, {len(days)} days: ready", flush=True)
        together, is_equal = measure_together(base, world, days)
        is_equal &= measure_affected(base, together, days, options.late_share)
    return 0 if is_equal else 1
