"""The small world, built once per process: a dbt start costs seconds, a query nothing."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

from scoring.marts.build import build_nights
from scoring.marts.records import MARTS
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld
from tests.scoring.marts.small_world import FEBRUARY, MARCH, land_small_world

NIGHTS = [
    Night(date.fromisoformat(day), date.fromisoformat(day), "run-1") for day in (FEBRUARY, MARCH)
]


def make_settings(home: Path) -> Settings:
    """Settings of a deployment under ``home`` with a minimum ratio of a tenth.

    Its intermediate tables stay, for tests to look into.
    """
    return Settings(home=home, minimum_due_ratio=Decimal("0.1"), threads=2, keep_intermediate=True)


@cache
def small_warehouse(base: Path) -> Settings:
    """The small world under ``base`` with both nights built in one invocation; to be read only."""
    settings = make_settings(Path(mkdtemp(prefix="small", dir=base)) / "home")
    land_small_world(RawWorld(settings))
    with patch.dict(os.environ, DBT_WRITE_JSON="true"):  # tests read the manifest
        build_nights(settings, NIGHTS)
    return settings


def read_features(settings: Settings, user_key: int, day: str, known_on: str) -> dict[str, Any]:
    """All mart columns of one user and night in one dict; empty if the user is not listed."""
    found: dict[str, Any] = {}
    with open_warehouse(settings) as connection:
        for mart in MARTS:
            result = connection.execute(
                f"select * from marts.{mart}"
                " where user_key = ? and as_of_date = ? and known_on = ?",
                [user_key, day, known_on],
            )
            names = [column[0] for column in result.description]
            row = result.fetchone()
            found |= dict(zip(names, row, strict=True)) if row else {}
    return found
