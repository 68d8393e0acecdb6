"""clean: false stops over clean nights with 双11 and 春节, and over the first nights of all.

Every gate of every night runs through the step functions, in this process. Three stretches: the
first nights of a deployment that has no history; nights around 11 November; nights around Spring
Festival. Then the nights of a feed that comes a day late.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.worlds import World, make_world
from scoring.errors import GateClosedError
from scoring.landing.ingest import load_range
from scoring.landing.waivers import waive
from scoring.nights import STEPS, make_night, run_step
from scoring.simulator.season import SPRING_FESTIVALS
from scoring.warehouse.store import open_warehouse

START = date(2024, 10, 1)
LATE_NIGHTS = 3
YEAR = 2025
"""Of 双11; Spring Festival is that of the year after."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive nights."""

    title: str
    first: date
    nights: int

    @property
    def days(self) -> list[date]:
        """Its nights."""
        return [self.first + timedelta(days=n) for n in range(self.nights)]


def stretches(nights: int) -> tuple[Stretch, Stretch]:
    """Half of the nights around 双11, half around Spring Festival."""
    half = nights // 2
    festival = SPRING_FESTIVALS[YEAR + 1]
    return (
        Stretch("双11", date(YEAR, 11, 11) - timedelta(days=nights - half - 5), nights - half),
        Stretch("春节", festival - timedelta(days=half // 2), half),
    )


@dataclass(frozen=True)
class NightOutcome:
    """One night.

    Attributes:
        stopped_by: Expectations that closed a gate; empty for a published night.
        warned_by: Expectations that warned.
        seconds: Wall time of its steps.
    """

    stopped_by: tuple[str, ...]
    warned_by: tuple[str, ...]
    seconds: float


def try_night(world: World, day: date) -> NightOutcome:
    """Run the steps of a night as far as the gates let it; a night that ran is only looked up."""
    started = time.perf_counter()
    if not _has_run(world, day):
        night = make_night(day)
        for step in STEPS:
            try:
                run_step(world.settings, step, night)
            except GateClosedError:
                break
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select gate || '.' || expectation, severity = 'stop' or state = 'errored' "
            "from quality.gate_results where as_of_date = ? and state <> 'passed' order by all",
            [day],
        ).fetchall()
    return NightOutcome(
        stopped_by=tuple(name for name, is_stop in rows if is_stop),
        warned_by=tuple(name for name, is_stop in rows if not is_stop),
        seconds=time.perf_counter() - started,
    )


def _has_run(world: World, day: date) -> bool:
    """Whether the night was published, or stopped by a gate, in an earlier run of this command."""
    with open_warehouse(world.settings) as connection:
        row = connection.execute(
            "select count(*) from ops.step_runs where as_of_date = ? and "
            "(step = 'publish' or (starts_with(step, 'check_') and state = 'failed'))",
            [day],
        ).fetchone()
    return row is not None and row[0] > 0


def deliver_late(world: World, feed: str, key: str, day: date) -> None:
    """Nothing of the feed on ``day``; its rows come with those of the day after, as they are then.

    A batch says a key once: what the next day's file tells anew is not told twice.
    """
    folder, next_folder = (
        world.settings.landing / feed / f"dt={each}" for each in (day, day + timedelta(days=1))
    )
    for number, path in enumerate(sorted(folder.glob("part-*.parquet"))):
        duckdb.read_parquet(str(path), hive_partitioning=False).filter(
            f"{key} not in (select {key} from '{next_folder}/part-*.parquet')"
        ).write_parquet(str(next_folder / f"late-{number:03}.parquet"))
    shutil.rmtree(folder)
    (next_folder / "_control.json").unlink()
    (next_folder / "_SUCCESS").touch()


def run_stretch(world: World, title: str, days: Sequence[date]) -> list[NightOutcome]:
    """Run nights and print each."""
    outcomes = []
    for day in days:
        outcome = try_night(world, day)
        outcomes.append(outcome)
        state = f"STOPPED by {', '.join(outcome.stopped_by)}" if outcome.stopped_by else "published"
        warned = f"; warned: {', '.join(outcome.warned_by)}" if outcome.warned_by else ""
        print(f"{title} {day}: {state} ({outcome.seconds:.0f} s){warned}", flush=True)
    return outcomes


def run_history(home: Path, users: int, nights: int, seed: int) -> list[NightOutcome]:
    """The two festivals after more than a year of history, then a late feed."""
    double_eleven, spring = stretches(nights)
    late = Stretch("late feed", spring.days[-1] + timedelta(days=1), LATE_NIGHTS)
    history_days = (double_eleven.first - START).days
    days = (late.days[-1] - START).days + 1
    world = World(home, history_days, days - history_days, START)
    if not (home / "landing").exists():
        make_world(
            home,
            users=users,
            history_days=history_days,
            nights=world.nights,
            seed=seed,
            start=START,
        )
    outcomes = run_stretch(world, double_eleven.title, double_eleven.days)
    between = double_eleven.days[-1] + timedelta(days=1), spring.first - timedelta(days=1)
    load_range(world.settings, *between)
    outcomes += run_stretch(world, spring.title, spring.days)
    if (world.settings.landing / "transactions" / f"dt={late.first}").exists():
        deliver_late(world, "transactions", "transaction_id", late.first)
        waive(world.settings, "transactions", late.first, "missing", "It comes a day late.")
    return outcomes + run_stretch(world, late.title, late.days)


def run_first_nights(home: Path, users: int, nights: int, seed: int) -> list[NightOutcome]:
    """A deployment from its very first day on."""
    world = World(home, 0, nights, START)
    if not (home / "landing").exists():
        make_world(home, users=users, history_days=0, nights=nights, seed=seed, start=START)
    return run_stretch(world, "first nights", world.night_dates)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--nights", type=int, default=30, help="around the two festivals")
    parser.add_argument("--first-nights", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="keep the deployments here; go on with them")


def run(options: argparse.Namespace) -> int:
    """Run all stretches and print the count of false stops."""
    print(f"seed {options.seed}, {options.users:,} users", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        outcomes = run_history(home / "history", options.users, options.nights, options.seed)
        outcomes += run_first_nights(
            home / "first", options.users, options.first_nights, options.seed
        )
    stopped = [outcome for outcome in outcomes if outcome.stopped_by]
    warnings = Counter(name for outcome in outcomes for name in outcome.warned_by)
    for name, count in warnings.most_common():
        print(f"warned on {count:3} nights: {name}")
    print(f"{len(stopped)} false stops in {len(outcomes)} clean nights")
    return 1 if stopped else 0
