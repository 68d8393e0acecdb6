"""marts: time, CPU and memory of every model; beside it a script by hand without dbt, and Spark.

python -m benchmarks.marts [--users 1000000] [--copies 1] [--days 366] [--home DIR]
python -m benchmarks.marts --growth [--users 1000000]
.venv-spark/bin/python -m benchmarks.marts --spark-users 20000 [--days 366]

Every build runs in a process of its own. The first build takes in all raw rows, a steady night
one batch more; process start and dbt's parsing are not counted. "script" is benchmarks/by_hand,
which computes the same features, as temporary tables of one connection, over the same staging
tables. With copies, so many users are simulated and built at first, and all that is staged of them
is copied before the night after: as many times the users, a batch of one time. With a home, a world
that is there already is used again. With --spark-users a world of that many users is built on both
engines; `make test-spark` installs Spark.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path

from benchmarks.marts_by_hand import measure_script
from benchmarks.model_costs import ModelCost, measure_build, print_costs
from benchmarks.staged_copies import copy_users
from benchmarks.worlds import World, make_world
from scoring.landing.ingest import ingest_range
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

LESS_MEMORY = "4GB"
GROWTH_DAYS = (180, 365, 730, 1460)


def run_apart(world: World, what: str, day: date, **changes: str) -> list[ModelCost]:
    """Build a night, or run the script, in a process of its own."""
    options = {"apart": what, "home": world.home, "day": day, "changes": json.dumps(changes)}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.marts"),
            *(text for name, value in options.items() for text in (f"--{name}", str(value))),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [ModelCost(**cost) for cost in json.loads(done.stdout.splitlines()[-1])]


def do_apart(settings: Settings, what: str, day: date) -> None:
    """What ``run_apart`` asks for; prints the costs as JSON."""
    measure = measure_script if what == "script" else measure_build
    costs = measure(settings, Night(day, day, f"{what}-{day}"))
    print(json.dumps([asdict(cost) for cost in costs]))


def total(costs: list[ModelCost]) -> ModelCost:
    """The whole build among the costs."""
    return next(cost for cost in costs if cost.name == "total")


def contents(settings: Settings, day: date, known_on: date | None = None) -> dict[str, str]:
    """Mart -> content hash of a night as last built; known on its own day if nothing is said."""
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select table_name, content_hash from ops.table_contents"
            " where as_of_date = ? and known_on = ?",
            [day, known_on or day],
        ).fetchall()
    return dict(rows)


def steady_night(world: World, copies: int = 1) -> tuple[list[ModelCost], list[ModelCost]]:
    """The costs of a first build and of the night after it, then with copies of all users."""
    first, steady = world.night_dates[:2]
    ingest_range(world.settings, first, first, run_id="benchmark")
    first_costs = run_apart(world, "build", first)
    copy_users(world.settings, copies)
    ingest_range(world.settings, steady, steady, run_id="benchmark")
    return first_costs, run_apart(world, "build", steady)


def measure_size(world: World, copies: int) -> None:
    """First build, steady night, the script, twice the same night, less memory."""
    day = world.night_dates[1]
    first, steady = steady_night(world, copies)
    before = contents(world.settings, day)
    print("\nfirst build from raw")
    print_costs(first, at_least=1.0)
    print(f"\nsteady night, users copied {copies} times" if copies > 1 else "\nsteady night")
    print_costs(steady, at_least=0.3)
    by_hand = run_apart(world, "script", day)
    print("\nscript by hand")
    print_costs(by_hand, at_least=0.3)
    script = total(by_hand)
    again = total(run_apart(world, "build", day))
    is_equal = contents(world.settings, day) == before
    less = total(run_apart(world, "build", day, memory_limit=LESS_MEMORY))
    is_equal_with_less = contents(world.settings, day) == before
    night = total(steady)
    spent = sum(cost.row_count or 0 for cost in steady if cost.name != "total")
    print(f"\nrows written by models per second   {spent / night.wall_seconds:,.0f}")
    print(
        f"script by hand without dbt           {script.wall_seconds:.1f} s,"
        f" equal: {script.row_count == 0}"
    )
    print(
        f"build / script                       {again.wall_seconds / script.wall_seconds:.2f},"
        f" in CPU {again.cpu_seconds / script.cpu_seconds:.2f}"
    )
    print(f"the same night again                 {again.wall_seconds:.1f} s, equal: {is_equal}")
    print(
        f"with a memory limit of {LESS_MEMORY}           {less.wall_seconds:.1f} s,"
        f" peak {less.peak_memory_bytes / 2**30:.1f} GiB, equal: {is_equal_with_less}"
    )


def measure_spark(world: World) -> None:
    """One night of a world on both engines."""
    day = world.night_dates[1]
    _, steady = steady_night(world)
    before = contents(world.settings, day)
    spark = total(run_apart(world, "build", day, engine="spark", spark_master="local[2]"))
    print(f"\nDuckDB {total(steady).wall_seconds:.1f} s, Spark {spark.wall_seconds:.1f} s")
    print(f"Spark / DuckDB {spark.wall_seconds / total(steady).wall_seconds:.1f}")
    print(f"equal: {contents(world.settings, day) == before}")


def measure_growth(folder: Path, most_users: int) -> None:
    """Steady nights of more and more users, and of longer and longer histories.

    A tenth of the users is simulated and copied, of each history a hundredth of them.
    """
    base = most_users // 10
    make_world(folder / "users", users=base, history_days=365, nights=2)
    seconds = {}
    for copies in (1, 3, 10):
        shutil.copytree(folder / "users", folder / f"users-{copies}")
        world = World(folder / f"users-{copies}", 365, 2)
        users = base * copies
        seconds[users] = total(steady_night(world, copies)[1]).cpu_seconds
        print(f"{users:>9,} users, 365 days: {seconds[users]:8.1f} CPU s", flush=True)
        shutil.rmtree(world.home)
    print(f"exponent in users: {_exponent(seconds):.2f}")
    for days in GROWTH_DAYS:
        world = make_world(folder / f"days-{days}", users=base // 10, history_days=days, nights=2)
        costs = steady_night(world, 10)[1]
        print(f"{base:>9,} users, {days} days: {total(costs).cpu_seconds:8.1f} CPU s", flush=True)


def _exponent(seconds: dict[int, float]) -> float:
    """Slope of the least-squares line through the logarithms."""
    points = [(math.log(size), math.log(value)) for size, value in seconds.items()]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def main() -> None:
    """Parse the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--spark-users", type=int, default=0)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--home", type=Path)
    for hidden in ("--apart", "--day", "--changes"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apart:
        changes = json.loads(options.changes)
        settings = World(options.home, 0, 0).settings.model_copy(update=changes)
        do_apart(settings, options.apart, date.fromisoformat(options.day))
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.growth:
            measure_growth(Path(folder), options.users)
            return
        if options.spark_users:
            home, users = Path(folder) / "spark", options.spark_users
            measure_spark(make_world(home, users=users, history_days=options.days, nights=2))
            return
        home = options.home or Path(folder) / "home"
        if (home / "landing").exists():
            measure_size(World(home, options.days, 2), options.copies)
        else:
            world = make_world(home, users=options.users, history_days=options.days, nights=2)
            measure_size(world, options.copies)


if __name__ == "__main__":
    main()
