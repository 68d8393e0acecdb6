"""Small deployments made from simulated files, for benchmarks and end-to-end tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from scoring.landing.ingest import load_range
from scoring.nights import make_night, run_night
from scoring.settings import Settings, load_settings
from scoring.simulator.simulate import simulate

KEY = "benchmark-key-that-is-long-enough-to-be-accepted"
START = date(2025, 1, 1)


@dataclass(frozen=True)
class World:
    """A deployment with its history loaded and its first night not yet run."""

    home: Path
    history_days: int
    nights: int
    start: date = START

    @property
    def settings(self) -> Settings:
        """Settings of the deployment."""
        return load_settings(
            _env_file=None, home=self.home, identity_key=KEY, expected={"*": "daily"}
        )

    @property
    def night_dates(self) -> list[date]:
        """Days whose files are landed but not loaded."""
        return [self.start + timedelta(days=self.history_days + n) for n in range(self.nights)]

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a ``creditloop`` process over this deployment."""
        return os.environ | {
            "CREDITLOOP_HOME": str(self.home),
            "CREDITLOOP_IDENTITY_KEY": KEY,
            "CREDITLOOP_EXPECTED": '{"*": "daily"}',
        }


def make_world(
    home: Path,
    *,
    users: int,
    history_days: int,
    nights: int,
    seed: int = 7,
    start: date = START,
) -> World:
    """Simulate ``history_days + nights`` days and load the history, if any, in one go."""
    world = World(home, history_days, nights, start)
    settings = world.settings
    simulate(users=users, start=start, days=history_days + nights, seed=seed, out=settings.landing)
    if history_days:
        load_range(settings, start, start + timedelta(days=history_days - 1))
    return world


def run_nights(world: World, days: list[date]) -> None:
    """Run whole nights in this process."""
    for day in days:
        run_night(world.settings, make_night(day))
