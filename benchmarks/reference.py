"""reference: the marts against the slow reference on a dirty world, and against Spark.

python -m benchmarks.reference [--users 3000] [--days 740] [--dates 6] [--sampled 3000] [--seed 7]
.venv-spark/bin/python -m benchmarks.reference --spark ...

A heavily dirty world (late, corrected, withdrawn and repeated rows; refused batches waived) is
built for dates spread over its last year (one of them a festival with temporary limits), every
second one as known at the very end. On each date users are drawn by hash, and every column of
theirs is computed anew, straight from raw, one user at a time. With --spark the same nights are
built on Spark (`make test-spark` installs it), and the content of every mart is compared, row for
row. Fails on any difference, on a feature of the catalogue that was not compared, and on one that
was nothing but empty or zero.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.marts import contents
from benchmarks.score_month import ingest_waiving
from benchmarks.worlds import START, World
from scoring.marts.build import build_nights
from scoring.marts.records import MARTS
from scoring.nights import Night
from scoring.reference.comparison import (
    count_by_column,
    find_differences,
    read_catalogue,
    read_marts,
)
from scoring.reference.features import compute_features
from scoring.reference.known_world import ask
from scoring.reference.raw_rows import RawRows
from scoring.reference.sample import draw_sample, read_sample
from scoring.settings import EVERY_FEED, Settings
from scoring.simulator.simulate import simulate
from scoring.warehouse.store import open_warehouse

LOOKED_AT_DAYS = 365


def make_nights(days: int, count: int) -> list[Night]:
    """Dates over the last year of the world, every second one as known at the end."""
    last = START + timedelta(days=days - 1)
    step = min(LOOKED_AT_DAYS, days - 1) // count
    dates = [last - timedelta(days=step * back) for back in reversed(range(count))]
    return [
        Night(day, last if number % 2 else day, "reference") for number, day in enumerate(dates)
    ]


def compare_night(settings: Settings, night: Night, sampled: int) -> tuple[int, int, Counter[str]]:
    """Compare the sampled users of a night.

    Returns:
        Users, values compared, and per feature how many values were neither empty nor 0.

    Raises:
        SystemExit: A value differs.
    """
    question = ask(settings, night.as_of_date, night.known_on)
    with open_warehouse(settings) as connection:
        rows = RawRows(connection, settings)
        sample = draw_sample(rows, question, sampled)
        expected = compute_features(read_sample(rows, sample), question, sample.users)
        marts = read_marts(connection, question, users=sample.users)
    differences = find_differences(expected, marts)
    if differences:
        raise SystemExit(f"{night.as_of_date}: {count_by_column(differences)}")
    telling: Counter[str] = Counter()
    values = 0
    for users in marts.values():
        for row in users.values():
            values += len(row)
            telling.update(name for name, value in row.items() if value)
    return len(sample.users), values, telling


def compare_spark(settings: Settings, nights: list[Night]) -> int:
    """Build the nights on Spark over what DuckDB built; returns how many tables were compared."""
    before = {night: contents(settings, night.as_of_date, night.known_on) for night in nights}
    spark = settings.model_copy(update={"engine": "spark", "spark_master": "local[2]"})
    build_nights(spark, [replace(night, run_id="spark") for night in nights])
    for night in nights:
        if contents(settings, night.as_of_date, night.known_on) != before[night]:
            raise SystemExit(f"{night.as_of_date}: Spark's marts have another content")
    with open_warehouse(settings) as connection:
        ((compared,),) = connection.execute(
            "select count(*) from ops.table_contents where run_id = 'spark'"
        ).fetchall()
    if compared != len(nights) * len(MARTS):
        raise SystemExit(f"Spark left {compared} contents of {len(nights)} nights")
    return int(compared)


def main() -> None:
    """Parse the options, simulate, build and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    numbers = (("users", 3000), ("days", 740), ("dates", 6), ("sampled", 3000), ("seed", 7))
    for name, default in numbers:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--spark", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "home", options.days, 0)
        # Held references are part of the dirt, and no feed is expected: some days never come.
        settings = world.settings.model_copy(
            update={
                "expected": {},
                "held_share": {EVERY_FEED: Decimal(1)},
                "minimum_due_ratio": Decimal("0.1"),
            }
        )
        simulate(
            users=options.users,
            start=START,
            days=options.days,
            seed=options.seed,
            dirt="heavy",
            out=settings.landing,
        )
        last = START + timedelta(days=options.days - 1)
        print(f"{ingest_waiving(settings, START, last)} batches refused and waived", flush=True)
        nights = make_nights(options.days, options.dates)
        build_nights(settings, nights)
        telling: Counter[str] = Counter()
        for night in nights:
            started = time.perf_counter()
            users, values, found = compare_night(settings, night, options.sampled)
            telling += found
            print(
                f"{night.as_of_date} known on {night.known_on}: {users} users, {values:,} values,"
                f" 0 differences ({time.perf_counter() - started:.0f} s)",
                flush=True,
            )
        catalogue = read_catalogue()
        silent = sorted(name for name in catalogue if not telling[name])
        print(f"{len(catalogue)} features of the catalogue, always empty or 0: {silent}")
        if options.spark:
            print(f"Spark: {compare_spark(settings, nights)} tables of {len(nights)} nights equal")
        if silent:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
