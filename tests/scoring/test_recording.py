"""Every piece of work leaves a row with its time, memory and outcome."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import pytest

from scoring.errors import ConfigurationError, DataRefusedError
from scoring.nights import STEPS, make_night, run_night, run_step
from scoring.recording import StepReport, run_recorded, startup
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

DAY = date(2025, 1, 31)


def read_steps(settings: Settings) -> list[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return connection.execute(
            "select step, state, message, row_counts->>'rows', peak_memory_bytes > 10000000,"
            " wall_seconds >= startup_seconds from ops.step_runs order by started_at"
        ).fetchall()


def test_success_is_recorded_with_counts_and_startup(settings: Settings) -> None:
    def work() -> StepReport:
        with startup():
            time.sleep(0.05)
        return StepReport("two rows", {"rows": 2})

    run_recorded(settings, "demo", "run-1", DAY, DAY, work)
    assert read_steps(settings) == [("demo", "succeeded", "two rows", "2", True, True)]
    with open_warehouse(settings) as connection:
        row = connection.execute("select startup_seconds from ops.step_runs").fetchone()
    assert row is not None
    assert Decimal("0.05") <= row[0] < 1


def test_failure_is_recorded_and_raised_unchanged(settings: Settings) -> None:
    error = DataRefusedError("batch refused", subject="s", expected="e", got="g", next_step="n")

    def work() -> StepReport:
        raise error

    with pytest.raises(DataRefusedError) as caught:
        run_recorded(settings, "demo", "run-1", DAY, DAY, work)
    assert caught.value is error
    assert read_steps(settings)[0][1:3] == ("failed", str(error))


def test_unforeseen_error_is_recorded_without_its_text(settings: Settings) -> None:
    def work() -> StepReport:
        raise ValueError("user u42 owes 17.50")

    with pytest.raises(ValueError, match="u42"):
        run_recorded(settings, "demo", "run-1", DAY, DAY, work)
    assert read_steps(settings)[0][1:3] == ("failed", "ValueError")


def test_runs_follow_from_their_steps(settings: Settings) -> None:
    run_recorded(settings, "ingest", "run-1", DAY, DAY, lambda: StepReport("ok"))
    run_recorded(settings, "publish", "run-1", DAY, DAY, lambda: StepReport("done"))
    run_recorded(settings, "ingest", "run-2", DAY, DAY, lambda: StepReport("ok"))
    run_recorded(settings, "score", "step-3", DAY, DAY, lambda: StepReport("alone"))
    with open_warehouse(settings) as connection:
        runs = connection.execute(
            "select run_id, state, last_step from ops.runs order by 1"
        ).fetchall()
    assert runs == [
        ("run-1", "succeeded", "publish"),
        ("run-2", "unfinished", "ingest"),
        ("step-3", "succeeded", "score"),
    ]


def test_unknown_step_is_refused_with_the_known_ones(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"ingest \| check_landing .* got scoring"):
        run_step(settings, "scoring", make_night(DAY))
    with pytest.raises(ConfigurationError, match="got publsh"):
        run_night(settings, make_night(DAY), from_step="publsh")


def test_steps_are_those_of_the_design_in_order() -> None:
    assert list(STEPS) == [
        "ingest", "check_landing", "build_marts", "check_marts", "score", "check_scores", "publish",
    ]  # fmt: skip
