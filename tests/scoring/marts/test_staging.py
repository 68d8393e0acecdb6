"""Staging takes in each batch once and holds what taking in all at once would hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scoring.errors import PermanentError
from scoring.landing.contract import load_feeds
from scoring.landing.raw_views import create_raw_views
from scoring.marts import staging
from scoring.marts.build import build_night, write_inputs
from scoring.marts.dbt_runner import run_dbt
from scoring.marts.staging import prepare_staging
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld, noon
from tests.scoring.marts.warehouses import make_settings, read_features

pytestmark = pytest.mark.xdist_group("marts")

Version = tuple[Any, ...]
USER = {"user_key": 1, "registered_at": noon("2025-01-01")}
LATE_USER = {"user_key": 2, "registered_at": noon("2025-01-01")}


def _spend(name: str, amount: str, user_key: int = 1, **others: object) -> dict[str, object]:
    return {
        "transaction_id": name,
        "user_key": user_key,
        "occurred_at": noon("2025-01-02"),
        "amount": amount,
        "direction": "out",
    } | others


def _gone(name: str) -> dict[str, object]:
    return {"transaction_id": name, "user_key": None, "is_deleted": True}


BATCHES: dict[str, list[dict[str, object]]] = {
    "2025-01-02": [
        _spend("once", "1.00"),
        _spend("twice", "2.00"),
        _spend("thrice", "3.00"),
        _spend("gone", "4.00"),
        _spend("back", "5.00"),
        _spend("held", "6.00", user_key=2),
        _spend("stale", "7.00", user_key=2),
    ],
    "2025-01-03": [_spend("twice", "2.10"), _spend("thrice", "3.10"), _gone("gone"), _gone("back")],
    "2025-01-05": [_spend("thrice", "3.20"), _spend("back", "5.10"), _spend("stale", "7.10", 2)],
    "2025-01-06": [_spend("new", "8.00"), _gone("never_there")],
}
NIGHT = Night(date(2025, 1, 6), date(2025, 1, 6), "staging")
USERS_2 = "2025-01-06"
EXPECTED: dict[tuple[str, str], tuple[str | None, str | None]] = {
    ("once", "1.00"): ("2025-01-02", None),
    ("twice", "2.00"): ("2025-01-02", "2025-01-03"),
    ("twice", "2.10"): ("2025-01-03", None),
    ("thrice", "3.00"): ("2025-01-02", "2025-01-03"),
    ("thrice", "3.10"): ("2025-01-03", "2025-01-05"),
    ("thrice", "3.20"): ("2025-01-05", None),
    ("gone", "4.00"): ("2025-01-02", "2025-01-03"),
    ("back", "5.00"): ("2025-01-02", "2025-01-03"),
    ("back", "5.10"): ("2025-01-05", None),
    ("held", "6.00"): ("2025-01-06", None),
    ("stale", "7.00"): ("2025-01-06", "2025-01-05"),
    ("stale", "7.10"): ("2025-01-06", None),
    ("new", "8.00"): ("2025-01-06", None),
}


@pytest.fixture
def world(tmp_path: Path) -> RawWorld:
    """A deployment with user 1 and no transactions."""
    world = RawWorld(make_settings(tmp_path / "home"))
    world.land("users", "2025-01-01", USER)
    return world


def _stage(settings: Settings) -> dict[str, int]:
    """Run the staging of users and transactions; feed -> parts taken in."""
    with writer_lock(settings):
        with open_warehouse(settings) as connection:
            create_raw_views(connection, settings)
            write_inputs(connection, settings, [NIGHT])
            prepare_staging(connection, settings)
            parts = dict(
                connection.execute(
                    "select feed, count(*) from ops.pending_chunks group by feed"
                ).fetchall()
            )
        run_dbt(settings, "run", "--select", "stg_users", "stg_transactions", subject="staging")
    return parts


def _versions(settings: Settings) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select transaction_id, amount::varchar, known_from::varchar, known_until::varchar"
            " from staging.stg_transactions"
        ).fetchall()
    found = {row[:2]: row[2:] for row in rows}
    assert len(found) == len(rows)
    return found


def _land_all(world: RawWorld) -> None:
    for dt, rows in BATCHES.items():
        world.land("transactions", dt, *rows)
    world.land("users", USERS_2, LATE_USER)


def test_batch_by_batch_equals_all_at_once(world: RawWorld) -> None:
    for dt, rows in BATCHES.items():
        world.land("transactions", dt, *rows)
        if dt == USERS_2:
            world.land("users", dt, LATE_USER)
        _stage(world.settings)
    assert _versions(world.settings) == EXPECTED


def test_all_at_once(world: RawWorld) -> None:
    _land_all(world)
    assert _stage(world.settings) == {"users": 1, "transactions": 1}
    assert _versions(world.settings) == EXPECTED


def test_in_parts(world: RawWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "ROWS_AT_A_TIME", 0)
    _land_all(world)
    with open_warehouse(world.settings) as connection:
        connection.execute("update ops.batches set rows_loaded = 1")
    assert _stage(world.settings) == {"users": 2, "transactions": 4}
    assert _versions(world.settings) == EXPECTED


def test_parts_hold_history_together_and_the_rest_by_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staging, "ROWS_AT_A_TIME", 10)
    days = [date(2025, 1, day) for day in range(1, 7)]
    batches = [
        staging.LoadedBatch(day, f"{day}.parquet", str(day), 4, is_history=day == days[1])
        for day in days
    ]
    parts = [[batch.dt for batch in part] for part in staging._chunks(batches)]
    assert parts == [days[:2], days[2:4], days[4:]]
    landed = staging._chunks(batches[2:])
    assert [len(part) for part in landed] == [2, 2]
    assert staging._chunks([]) == []


def test_a_large_batch_is_found_in_the_night_that_takes_it_in(world: RawWorld) -> None:
    """More rows than DuckDB keeps in one group, of a table made in the same run."""
    world.land("transactions", "2025-01-02", _spend("a", "1.00"))
    path = world.settings.raw / "transactions/dt=2025-01-02/transactions.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"create table rows as select * replace (n::varchar as transaction_id)"
            f" from read_parquet('{path}'), range(300000) as numbers (n)"
        )
        connection.execute(f"copy (select * exclude n from rows) to '{path}' (format parquet)")
    build_night(world.settings, NIGHT)
    assert read_features(world.settings, 1, "2025-01-06", "2025-01-06")["spend_count_7d"] == 300000


def test_nothing_new_takes_in_nothing(world: RawWorld) -> None:
    _land_all(world)
    _stage(world.settings)
    assert _stage(world.settings) == {}
    assert _versions(world.settings) == EXPECTED


def _come_late(world: RawWorld) -> None:
    world.land("transactions", "2025-01-04", _spend("late", "9.00"))


def _reopen(world: RawWorld) -> None:
    world.land("transactions", "2025-01-06", _spend("other", "9.00"))


def _remove(world: RawWorld) -> None:
    with open_warehouse(world.settings) as connection:
        connection.execute(
            "delete from ops.batches where feed = 'transactions' and dt = '2025-01-05'"
        )


def _load_history(world: RawWorld) -> None:
    world.land("transactions", "2025-01-09", _spend("old", "9.00"), batch_date="2025-01-01")
    with open_warehouse(world.settings) as connection:
        connection.execute("update ops.batches set known_basis = 'assumed' where dt = '2025-01-09'")


@pytest.mark.parametrize("change", [_come_late, _reopen, _remove, _load_history])
def test_what_cannot_be_added_makes_the_table_anew(
    world: RawWorld, tmp_path: Path, change: Callable[[RawWorld], None]
) -> None:
    _land_all(world)
    _stage(world.settings)
    change(world)
    _stage(world.settings)
    other = RawWorld(make_settings(tmp_path / "other"))
    other.land("users", "2025-01-01", USER)
    _land_all(other)
    change(other)
    _stage(other.settings)
    assert _versions(world.settings) == _versions(other.settings)
    assert _versions(world.settings) != EXPECTED


def test_another_zone_dates_all_rows_anew(world: RawWorld) -> None:
    world.land("transactions", "2025-01-02", _spend("a", "1.00", occurred_at=noon("2025-01-02")))
    _stage(world.settings)
    elsewhere = world.settings.model_copy(update={"business_timezone": "Pacific/Pago_Pago"})
    _stage(elsewhere)
    with open_warehouse(elsewhere) as connection:
        rows = connection.execute("select occurred_date from staging.stg_transactions").fetchall()
    assert rows == [(date(2025, 1, 1),)]


@pytest.mark.parametrize(
    ("macro", "is_rule"),
    [
        ("engine/business_date.sql", True),
        ("versions/new_versions.sql", True),
        ("versions/materialize_versions.sql", True),
        ("cards/expert_v1.sql", False),
        ("replace_days.sql", False),
    ],
)
def test_rules_are_the_macros_that_staging_uses(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, macro: str, is_rule: bool
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(staging.DBT_PROJECT, project, ignore=shutil.ignore_patterns("target"))
    monkeypatch.setattr(staging, "DBT_PROJECT", project)
    feed = load_feeds()["transactions"]
    before = staging._rules_digest(feed, settings)
    with (project / "macros" / macro).open("a", encoding="utf-8") as file:
        file.write("{# Another word. #}\n")
    assert (staging._rules_digest(feed, settings) != before) == is_rule


def test_late_users_batch_makes_every_table_anew(world: RawWorld) -> None:
    _land_all(world)
    _stage(world.settings)
    world.land("users", "2025-01-03", LATE_USER)
    _stage(world.settings)
    assert _versions(world.settings)["held", "6.00"] == ("2025-01-03", None)
    assert _versions(world.settings)["stale", "7.00"] == ("2025-01-03", "2025-01-05")


def test_cut_off_between_parts_goes_on_where_it_stopped(
    world: RawWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "ROWS_AT_A_TIME", 0)
    _land_all(world)
    with open_warehouse(world.settings) as connection:
        connection.execute("update ops.batches set rows_loaded = 1")
    third = world.settings.raw / "transactions/dt=2025-01-05/transactions.parquet"
    aside = third.rename(third.with_suffix(".aside"))
    with pytest.raises(PermanentError, match="expected stg_transactions to succeed"):
        _stage(world.settings)
    aside.rename(third)
    assert _stage(world.settings) == {"transactions": 2}
    assert _versions(world.settings) == EXPECTED


def test_nights_one_by_one_equal_a_night_over_all(world: RawWorld, tmp_path: Path) -> None:
    days = [date(2025, 1, 2) + timedelta(days=number) for number in range(5)]
    for day in days:
        if str(day) in BATCHES:
            world.land("transactions", str(day), *BATCHES[str(day)])
        if str(day) == USERS_2:
            world.land("users", str(day), LATE_USER)
        build_night(world.settings, Night(day, day, "one"))
    other = RawWorld(make_settings(tmp_path / "other"))
    other.land("users", "2025-01-01", USER)
    _land_all(other)
    build_night(other.settings, Night(days[-1], days[-1], "all"))
    assert _contents(world.settings, days[-1]) == _contents(other.settings, days[-1])


def _contents(settings: Settings, day: date) -> dict[str, str]:
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select table_name, content_hash from ops.table_contents where as_of_date = ?", [day]
        ).fetchall()
    return dict(rows)
