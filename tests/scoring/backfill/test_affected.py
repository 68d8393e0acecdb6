"""Restated users only, against everybody: in the small world and its corrections of April."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest

from scoring.backfill.affected import (
    create_restated_users,
    rebuild_affected,
    takes_over,
)
from scoring.backfill.building import update_staging
from scoring.backfill.restatements import examine_staging
from scoring.changes.dependence import WANTED
from scoring.changes.paused_world import scratch_world
from scoring.marts.build import build_nights
from scoring.marts.records import MARTS
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld
from tests.scoring.marts.small_world import CORRECTED, MARCH, land_small_world
from tests.scoring.marts.warehouses import make_settings

pytestmark = pytest.mark.slow

LAST = date.fromisoformat(CORRECTED)
DAY = KNOWN = date.fromisoformat(MARCH)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One reading of the end of March; the corrections came later."""
    settings = make_settings(tmp_path_factory.mktemp("affected") / "home")
    land_small_world(RawWorld(settings))
    build_nights(settings, [Night(DAY, KNOWN, "reading")])
    with open_warehouse(settings) as connection:
        examine_staging(connection, KNOWN)
    return settings


def _rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings, night: Night
) -> dict[int, str]:
    """User -> hash of all features, every user computed without dbt."""
    connection.execute(
        f"create or replace temp table {WANTED} as select distinct user_key from staging.stg_users"
    )
    found: dict[int, str] = {}
    with scratch_world(connection, settings, [night]) as scratch:
        for mart in MARTS:
            for row in scratch.execute(f"select * exclude (known_on) from marts.{mart}").fetchall():
                text = found.get(row[0], "") + repr(row)
                found[row[0]] = hashlib.sha256(text.encode()).hexdigest()
    return found


def test_whose_features_differ_is_among_the_restated_users(world: Settings) -> None:
    day, known_on, later = DAY, KNOWN, LAST
    with open_warehouse(world) as connection:
        then = _rows(connection, world, Night(day, known_on, "then"))
        now = _rows(connection, world, Night(day, later, "now"))
        create_restated_users(connection, [Night(day, later, "now")], {day: known_on})
        restated = {key for (key,) in connection.execute("from restated_users").fetchall()}
    moved = {key for key in then.keys() | now.keys() if then.get(key) != now.get(key)}
    assert moved
    assert moved <= restated
    # Somebody must be taken over, or nothing is shown.
    assert now.keys() - restated


def _contents(settings: Settings, known_on: date) -> list[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return connection.execute(
            "select table_name, row_count, content_hash from ops.table_contents"
            " where as_of_date = ? and known_on = ? order by table_name",
            [DAY, known_on],
        ).fetchall()


def test_affected_only_equals_the_whole_build(world: Settings) -> None:
    night, published = Night(DAY, LAST, "affected"), {DAY: KNOWN}
    before = _contents(world, KNOWN)
    build_nights(world, [Night(DAY, LAST, "whole")])
    whole = _contents(world, LAST)
    with open_warehouse(world) as connection:
        for mart in MARTS:
            connection.execute(f"delete from marts.{mart} where known_on = ?", [LAST])
        connection.execute("delete from ops.table_contents where known_on = ?", [LAST])
    update_staging(world)
    with open_warehouse(world) as connection:
        assert takes_over(connection, night, published)
        assert rebuild_affected(connection, world, [night], published) > 0
    assert _contents(world, LAST) == whole != before
    assert _contents(world, KNOWN) == before


def test_a_reading_that_is_not_kept_or_was_reopened_is_not_taken_over(world: Settings) -> None:
    night = Night(DAY, LAST, "affected")
    with open_warehouse(world) as connection:
        assert takes_over(connection, night, {DAY: KNOWN})
        assert not takes_over(connection, night, {})
        assert not takes_over(connection, night, {DAY: date(2025, 5, 30)})
        connection.execute("update ops.restatement_marks set examined_after = ?", [LAST])
        assert not takes_over(connection, night, {DAY: KNOWN})
        connection.execute("update ops.restatement_marks set examined_after = '2025-01-01'")
        assert takes_over(connection, night, {DAY: KNOWN})
        connection.execute(
            "insert into ops.irreproducible_nights values (?, ?, 'loans', ?, 'test', '2025-07-01')",
            [DAY, KNOWN, KNOWN],
        )
        assert not takes_over(connection, night, {DAY: KNOWN})
        connection.execute("delete from ops.irreproducible_nights")


def test_home_holds_no_copies_afterwards(world: Settings) -> None:
    assert not list(Path(world.root / "warehouse" / "changes").rglob("creditloop.duckdb"))
