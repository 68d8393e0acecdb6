"""A small healthy deployment at three moments, and copies of it to damage."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from benchmarks.gates.library import Mutation
from benchmarks.worlds import World, make_world, run_nights
from expectations.suite import Gate
from scoring.landing.ingest import load_range
from scoring.nights import make_night, run_step

START = date(2025, 1, 1)
DUE_DAY, BILL_DAY = date(2026, 1, 8), date(2026, 1, 1)
"""The nights that are damaged: many payments fall due on one, bills are landed on the other."""
_FILES = ("warehouse/creditloop.duckdb", "vault/identity.duckdb")
_LAST_STEPS = ("ingest", "check_landing", "build_marts", "check_marts", "score", "check_scores")


@dataclass(frozen=True)
class Deployment:
    """One deployment at three moments.

    Attributes:
        billed: The files of ``BILL_DAY`` are landed, nothing of them is loaded.
        landed: The same for ``DUE_DAY``.
        scored: ``DUE_DAY`` is scored and not yet published.
    """

    billed: World
    landed: World
    scored: World

    def moment(self, gate: Gate, mutation: Mutation) -> tuple[World, date]:
        """What a mutation of the gate starts from, and the night it damages."""
        if gate != "landing":
            return self.scored, DUE_DAY
        return (self.billed, BILL_DAY) if mutation.day == "bills" else (self.landed, DUE_DAY)


def make_deployment(folder: Path, *, users: int, history_days: int, seed: int) -> Deployment:
    """Simulate, load and run the nights; what stands there whole is used again."""
    start = BILL_DAY - timedelta(days=history_days + 1)
    days = (DUE_DAY - start).days + 1
    landed = World(folder / "landed", history_days, days - history_days, start)
    billed, scored = (
        replace(landed, home=folder / "billed"),
        replace(landed, home=folder / "scored"),
    )
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        make_world(
            landed.home,
            users=users,
            history_days=history_days,
            nights=landed.nights,
            seed=seed,
            start=start,
        )
        run_nights(landed, [BILL_DAY - timedelta(days=1)])
        _fork(landed, billed.home, BILL_DAY)
        run_nights(landed, [BILL_DAY])
        load_range(landed.settings, BILL_DAY + timedelta(days=1), DUE_DAY - timedelta(days=2))
        run_nights(landed, [DUE_DAY - timedelta(days=1)])
        _fork(landed, scored.home, DUE_DAY)
        night = make_night(DUE_DAY)
        for step in _LAST_STEPS:
            run_step(scored.settings, step, night)
        done.touch()
    return Deployment(billed, landed, scored)


@contextmanager
def copied(world: World, home: Path, night: date) -> Iterator[World]:
    """A copy of a deployment, removed afterwards.

    Raw is shared, since its files are never written to; what the copy adds for the night goes too.
    """
    raw = world.settings.raw
    new_folders = [
        feed / f"dt={night}" for feed in raw.iterdir() if not (feed / f"dt={night}").exists()
    ]
    try:
        copy = _copy_stores(world, home, night)
        copy.settings.raw.symlink_to(raw)
        yield copy
    finally:
        shutil.rmtree(home)
        for folder in new_folders:
            shutil.rmtree(folder, ignore_errors=True)


def _fork(world: World, home: Path, night: date) -> World:
    """A copy that stays, with raw files of its own and what was published before."""
    copy = _copy_stores(world, home, night)
    shutil.copytree(world.settings.published, copy.settings.published, symlinks=True)
    shutil.copytree(world.settings.raw, copy.settings.raw, copy_function=os.link)
    return copy


def _copy_stores(world: World, home: Path, night: date) -> World:
    """Copy what a night reads except raw: the stores, and two days' landed files."""
    copy = replace(world, home=home)
    for name in _FILES:
        (home / name).parent.mkdir(parents=True)
        shutil.copyfile(world.home / name, home / name)
    source, target = world.settings.landing, copy.settings.landing
    for day in (night, night - timedelta(days=1)):
        for folder in source.glob(f"*/dt={day}"):
            shutil.copytree(folder, target / folder.relative_to(source))
    return copy
