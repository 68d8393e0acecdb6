"""The old world has rows on every edge: a window a day too long or too short shows."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import date

import pytest

from scoring.marts.dbt_runner import DBT_PROJECT
from scoring.reference import values
from scoring.reference.features import compute_features
from scoring.reference.raw_rows import load_raw
from scoring.reference.values import ONE_DAY
from scoring.warehouse.store import open_warehouse
from tests.reference.worlds import World, old_world

SHIFTED = ("days_before", "months_before")


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return old_world(tmp_path_factory.getbasetemp())


def _read_windowed() -> set[str]:
    with (DBT_PROJECT / "seeds" / "feature_catalog.csv").open(encoding="utf-8") as file:
        return {
            row["feature_name"] for row in csv.DictReader(file) if row["look_back"] != "current"
        }


@pytest.mark.parametrize("direction", [-1, 1], ids=["longer", "shorter"])
def test_a_window_that_is_a_day_off_shows_in_every_feature(
    direction: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SHIFTED:
        _replace_everywhere(name, _shift(getattr(values, name), direction), monkeypatch)
    with open_warehouse(world.settings) as connection:
        raw = load_raw(connection, world.settings)
    changed = set()
    night = world.nights[0]
    for user, columns in compute_features(raw, night.question).items():
        expected = night.reference[user]
        changed |= {name for name, value in columns.items() if value != expected[name]}
    assert _read_windowed() - changed == set()


def _shift(before: Callable[[date, int], date], direction: int) -> Callable[[date, int], date]:
    return lambda as_of, count: before(as_of, count) + direction * ONE_DAY


def _replace_everywhere(
    name: str, replacement: Callable[[date, int], date], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each module of the reference that uses it."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("scoring.reference.") and hasattr(module, name):
            monkeypatch.setattr(module, name, replacement)
