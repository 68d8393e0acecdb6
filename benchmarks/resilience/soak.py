"""soak: hundreds of publications and rollbacks beneath readers that never pause.

Each publication is the step ``publish`` of a night of a small world, over scores whose parts say
which publication brought them. Afterwards every answer of every reader must be one that some
generation gives as a whole. Well-behaved readers must meet no error at all; one that forgets
``read_only`` must be refused each time; one that pools its connections must keep the generation
that it opened.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.resilience.sinks import Sink, postgres_sink
from benchmarks.worlds import World, make_world, run_nights
from scoring.nights import make_night, run_step
from scoring.publish.published import published_file
from scoring.publish.rollback import rollback
from scoring.settings import PROJECT_ROOT, Settings
from scoring.warehouse.store import open_warehouse

HISTORY_DAYS = 40
NIGHTS = 3
READERS = ("afresh", "afresh", "afresh", "afresh", "beside", "following", "pooled", "writable")
REFUSED = "Permission denied"
ROLLBACK_SECONDS = 1.0
"""What every rollback must stay below."""


@dataclass
class Publisher:
    """Publishes and rolls back, and notes what each generation shows.

    Attributes:
        settings: The deployment.
        days: Its nights.
        base_points: The base points that every user has, before any publication.
        marks: Generation -> what was added to the base points of each night.
        shown: The generation readers see.
        publish_seconds: Of each publication.
        rollback_seconds: Of each rollback.
    """

    settings: Settings
    days: Sequence[date]
    base_points: int
    marks: dict[int, dict[date, int]]
    shown: int
    publish_seconds: list[float] = field(default_factory=list)
    rollback_seconds: list[float] = field(default_factory=list)

    def publish(self, number: int) -> None:
        """Publish one of the nights with base points that no publication had before."""
        day = self.days[number % len(self.days)]
        with open_warehouse(self.settings) as connection:
            # The score stays, and so does what its parts add up to.
            connection.execute(
                "update scores.scores set points_clipped = points_clipped + points_base - ?,"
                " points_base = ? where as_of_date = ? and score_status = 'scored'",
                [self.base_points + number, self.base_points + number, day],
            )
        started = time.perf_counter()
        report = run_step(self.settings, "publish", make_night(day))
        self.publish_seconds.append(time.perf_counter() - started)
        generation = report.row_counts["generation"]
        self.marks[generation] = self.marks[self.shown] | {day: number}
        self.shown = generation

    def roll_back(self) -> None:
        """Return to the generation before."""
        started = time.perf_counter()
        self.shown = rollback(self.settings, reason="soak").row_counts["generation"]
        self.rollback_seconds.append(time.perf_counter() - started)

    def answers(self) -> set[tuple[Any, ...]]:
        """What a reader may be told: generation, base points of the newest night and of each."""
        found = set()
        for generation, marks in self.marks.items():
            points = {day: self.base_points + mark for day, mark in marks.items()}
            latest = points[max(points)]
            nights = ", ".join(f"{day} {each} {each}" for day, each in sorted(points.items()))
            found.add((generation, f"{latest} {latest}", nights))
        return found


@dataclass(frozen=True)
class Reader:
    """A running reader.

    Attributes:
        kind: As ``benchmarks.resilience.readers`` names it.
        process: Its process.
    """

    kind: str
    process: subprocess.Popen[str]

    def told(self) -> dict[str, Any]:
        """What it saw, once it was told to end."""
        output, _ = self.process.communicate(timeout=120)
        found: dict[str, Any] = json.loads(output)
        return found


def start_reader(kind: str, where: str, stop: Path) -> Reader:
    """Start a reader in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.resilience.readers", kind, where, str(stop)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Reader(kind, process)


def make_publisher(home: Path, users: int, seed: int, sink: Sink | None) -> Publisher:
    """A small world with every night published once."""
    world = make_world(home, users=users, history_days=HISTORY_DAYS, nights=NIGHTS, seed=seed)
    run_nights(world, world.night_dates)
    settings = _settings(world, sink)
    with open_warehouse(settings) as connection:
        ((base_points,),) = connection.execute(
            "select distinct points_base from scores.scores where score_status = 'scored'"
        ).fetchall()
        ((generation,),) = connection.execute(
            "select generation from ops.generations where state = 'current'"
        ).fetchall()
    marks = {generation: dict.fromkeys(world.night_dates, 0)}
    publisher = Publisher(settings, world.night_dates, base_points, marks, generation)
    publisher.publish(1)  # the first one for PostgreSQL brings everything there
    publisher.publish_seconds.clear()
    return publisher


def _settings(world: World, sink: Sink | None) -> Settings:
    return world.settings.model_copy(update={"postgres_dsn": sink.writer if sink else None})


def find_faults(kind: str, told: dict[str, Any], allowed: set[tuple[Any, ...]]) -> list[str]:
    """What a reader must not have seen."""
    answers = [(tuple(row[:3]), row) for row in told["answers"]]
    faults = [f"mixed generations: {row}" for answer, row in answers if answer not in allowed]
    faults += [f"values of a later generation: {row}" for _, row in answers if row[3] > row[0]]
    errors = {text: count for text, count in told["errors"].items() if count}
    if kind == "writable":
        faults += [f"was let in: {row}" for _, row in answers]
        faults += [text for text in errors if REFUSED not in text]
        return faults if errors else [*faults, "was never refused"]
    faults += [f"{count} times {text}" for text, count in errors.items()]
    if kind == "postgres":
        faults += [
            f"two generations in a transaction: {row}" for _, row in answers if row[0] != row[4]
        ]
    if kind == "pooled" and len(answers) != 1:
        faults.append(f"the pool saw {len(answers)} generations")
    return faults if answers else [*faults, "got no answer"]


def run_soak(
    publisher: Publisher, readers: Sequence[Reader], publications: int, rollbacks: int, seed: int
) -> None:
    """Publish and roll back; the rollbacks come at random places."""
    rng = random.Random(seed)
    places = set(rng.sample(range(1, publications), rollbacks))
    for number in range(publications):
        publisher.publish(number + 2)
        if number in places:
            publisher.roll_back()
        if (number + 1) % 20 == 0:
            alive = sum(reader.process.poll() is None for reader in readers)
            print(f"{number + 1}/{publications} publications, {alive} readers", flush=True)


def report_all(publisher: Publisher, readers: Sequence[Reader]) -> int:
    """Print what each reader saw and how long the publisher took; returns the number of faults."""
    allowed, count = publisher.answers(), 0
    print(f"{'reader':10} {'queries':>8} {'generations':>12} {'errors':>7}")
    for reader in readers:
        told = reader.told()
        faults = find_faults(reader.kind, told, allowed)
        count += len(faults)
        queries = sum(row[-1] for row in told["answers"])
        generations = len({row[0] for row in told["answers"]})
        errors = sum(told["errors"].values())
        print(f"{reader.kind:10} {queries:8,} {generations:12} {errors:7,}")
        for text in [*faults[:5], *(list(told["errors"])[:1] if reader.kind == "writable" else [])]:
            print(f"    {text}")
    for name in ("publish", "rollback"):
        seconds = getattr(publisher, f"{name}_seconds")
        print(
            f"{len(seconds)} times {name}: median {statistics.median(seconds):.2f} s, "
            f"slowest {max(seconds):.2f} s"
        )
    if max(publisher.rollback_seconds) >= ROLLBACK_SECONDS:
        count += 1
        print(f"    a rollback took {ROLLBACK_SECONDS:g} s or more")
    return count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--publications", type=int, default=200)
    parser.add_argument("--rollbacks", type=int, default=20)
    parser.add_argument("--users", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="where the deployment is made, and stays")


def run(options: argparse.Namespace) -> int:
    """Start the readers, publish beneath them, compare."""
    print(f"seed {options.seed}, {options.users} users", flush=True)
    with tempfile.TemporaryDirectory() as folder, postgres_sink() as sink:
        base = Path(options.home or folder)
        base.mkdir(parents=True, exist_ok=True)
        base.chmod(0o755)  # a reader that is nobody must get as far as the file
        publisher = make_publisher(base / "home", options.users, options.seed, sink)
        stop = base / "stop"
        stop.unlink(missing_ok=True)
        file = str(published_file(publisher.settings))
        readers = [start_reader(kind, file, stop) for kind in READERS]
        readers += [start_reader("postgres", sink.reader, stop) for _ in range(2) if sink]
        try:
            run_soak(publisher, readers, options.publications, options.rollbacks, options.seed)
        finally:
            stop.touch()
        faults = report_all(publisher, readers)
    print(f"{faults} faults")
    return 1 if faults else 0
