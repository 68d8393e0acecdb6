"""A stretch of real days: cut off, gone on with, one day refused, against nights of their own."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.worlds import World, make_world
from scoring.backfill import runner
from scoring.backfill.planner import plan_backfill
from scoring.backfill.request import Request
from scoring.backfill.runner import Outcome, run_backfill
from scoring.cli.main import app
from scoring.errors import GateClosedError, TransientError
from scoring.nights import Night, make_night, run_night, run_step
from scoring.publish.published import published_content_hash, read_published
from scoring.recording import StepReport
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

pytestmark = pytest.mark.slow

HISTORY_DAYS = 40


def _settings(world: World) -> Settings:
    # The reference is as slow for few users as for many, and asked by other tests.
    return world.settings.model_copy(update={"reference_users": 0})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three days landed and not run, the middle one without an expected feed."""
    home = tmp_path_factory.mktemp("stretch") / "home"
    world = make_world(home, users=60, history_days=HISTORY_DAYS, nights=3)
    shutil.rmtree(world.settings.landing / "transactions" / f"dt={world.night_dates[1]}")
    return world


@pytest.fixture(scope="module")
def apart(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The two days that can be run, each by itself."""
    home = tmp_path_factory.mktemp("apart") / "home"
    shutil.copytree(world.home, home)
    copy = replace(world, home=home)
    for day in (world.night_dates[0], world.night_dates[2]):
        run_night(_settings(copy), make_night(day))
    return copy


@pytest.fixture(scope="module")
def together(world: World, apart: World) -> tuple[World, Outcome]:
    """The three days as a backfill that broke off while it scored the last one."""
    request = Request(world.night_dates[0], world.night_dates[2], reason="test")
    planned = _files(world.home)
    plan = plan_backfill(_settings(world), request)
    assert _files(world.home) == planned
    assert [day.causes for day in plan.days] == [("missing",)] * 3
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(runner, "run_step", _break_off_at(world.night_dates[2]))
        with pytest.raises(TransientError, match="the disk is full"):
            run_backfill(_settings(world), request)
    assert read_published(_settings(world)) is None
    return world, run_backfill(_settings(world), request, causes=plan.causes)


def _files(home: Path) -> dict[str, str]:
    """Every file with its content but the writer's own lock."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and not path.name.startswith("writer.")
    }


def _break_off_at(day: date) -> object:
    def step(settings: Settings, name: str, night: Night) -> StepReport:
        if (name, night.as_of_date) == ("score", day):
            raise TransientError(
                "night cut off", subject=f"score@{day}", expected="a disk with room",
                got="the disk is full", next_step="Make room.",
            )  # fmt: skip
        return run_step(settings, name, night)

    return step


def _contents(world: World) -> list[tuple[object, ...]]:
    with open_warehouse(world.settings) as connection:
        return connection.execute(
            "select table_name, as_of_date, known_on, row_count, content_hash"
            # Who consents is noted by each publication, whatever its nights.
            " from ops.table_contents where table_name <> 'published.consented_users'"
            " order by all"
        ).fetchall()


def test_build_leaves_only_what_somebody_looks_at(apart: World) -> None:
    with open_warehouse(apart.settings) as connection:
        left = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'intermediate' order by all"
        ).fetchall()
        rows = connection.execute(
            "select row_count from ops.model_runs where model = 'int_spending__blocks'"
        ).fetchall()
    assert left == [
        ("int_held_references",),
        ("int_obligations__late",),
        ("int_users__resolved",),
    ]
    assert len(rows) == 2
    assert all(count > 60 for (count,) in rows)


def test_content_equals_that_of_separate_nights(
    apart: World, together: tuple[World, Outcome]
) -> None:
    world, _ = together
    assert _contents(world) == _contents(apart) != []
    hashes = {published_content_hash(one.settings) for one in (world, apart)}
    assert len(hashes) == 1
    shown = [read_published(one.settings) for one in (world, apart)]
    assert len({one.content_hash for one in shown if one is not None}) == 1
    # One generation for both days, against one each.
    assert [one.generation for one in shown if one is not None] == [1, 2]


def test_day_without_its_feed_is_refused_and_the_others_published(
    together: tuple[World, Outcome],
) -> None:
    world, outcome = together
    assert [day.state for day in outcome.days] == ["published", "refused", "published"]
    assert outcome.refused[0].message.startswith(
        f"night refused for transactions@{world.night_dates[1]}: expected a landed batch"
    )
    assert (outcome.backfill.state, outcome.backfill.generation) == ("partial", 1)


def test_what_was_done_before_it_broke_off_is_not_done_again(
    together: tuple[World, Outcome],
) -> None:
    world, outcome = together
    with open_warehouse(world.settings) as connection:
        steps = connection.execute(
            "select step, as_of_date, count(*) from ops.step_runs where run_id = ?"
            " group by all order by all",
            [outcome.backfill.backfill_id],
        ).fetchall()
    first, _, last = world.night_dates
    once = {("check_marts", first), ("score", first), ("check_scores", first), ("publish", last)}
    assert {(step, day) for step, day, count in steps if count == 1} >= once
    assert [count for step, _, count in steps if step == "build_marts"] == [1]


def test_contents_before_and_after_are_in_the_ledger(together: tuple[World, Outcome]) -> None:
    world, outcome = together
    with open_warehouse(world.settings) as connection:
        rows = connection.execute(
            "select count(*), count(content_hash_before), count(content_hash_after),"
            " count(distinct as_of_date) from ops.backfill_contents where backfill_id = ?",
            [outcome.backfill.backfill_id],
        ).fetchall()
    assert rows == [(16, 0, 16, 2)]


def test_command_says_what_a_second_time_would_change(
    together: tuple[World, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = together
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    days = [str(world.night_dates[0]), "--to", str(world.night_dates[2])]
    before = _files(world.home)
    done = CliRunner().invoke(app, ["backfill", "--from", *days, "--dry-run", "--json"])
    assert (done.exit_code, done.exception) == (0, None)
    plan = json.loads(done.stdout)
    assert [day["causes"] for day in plan["days"]] == [[], ["missing"], []]
    assert plan["estimated_seconds"] > 0
    text = CliRunner().invoke(app, ["backfill", "--from", *days, "--dry-run"]).stdout
    assert f"{world.night_dates[1]}  {world.night_dates[1]}  -" in text
    assert _files(world.home) == before


def test_command_ends_with_an_error_for_a_day_that_stays_refused(
    together: tuple[World, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = together
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    shown = published_content_hash(world.settings)
    day = str(world.night_dates[1])
    done = CliRunner().invoke(app, ["backfill", "--from", day, "--to", day])
    assert isinstance(done.exception, GateClosedError)
    assert "got 1 refused, the first" in str(done.exception)
    assert published_content_hash(world.settings) == shown


def test_days_beyond_what_has_landed_are_refused(world: World) -> None:
    ahead = date(2999, 1, 1)
    with pytest.raises(Exception, match="no date after today"):
        run_backfill(_settings(world), Request(ahead, ahead + timedelta(days=1)))
