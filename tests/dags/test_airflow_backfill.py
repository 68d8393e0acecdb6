"""A backfill created by Airflow itself: one generation, by the run that is judged last."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from scoring.orchestration import airflow_command, night_environment, prepare_metadata
from scoring.settings import PROJECT_ROOT, Settings, load_settings
from tests.scoring.backfill.stretch import (
    AFTER,
    BEFORE,
    DAYS,
    GONE_CARD,
    NIGHTS,
    make_stretch,
    publish_by_itself,
    shown_hash,
)
from tests.scoring.publish.handmade import Handmade

pytestmark = pytest.mark.slow


def run(settings: Settings, *command: str) -> str:
    """Output of a command in Airflow's environment."""
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=night_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def run_days(settings: Settings, days: Sequence[date]) -> dict[str, Any]:
    """Run the queued runs of these days, in this order."""
    names = [str(day) for day in days]
    output = run(settings, sys.executable, "-m", "tests.dags.run_backfill", *names)
    found: dict[str, Any] = json.loads(output.rpartition("RESULT")[2])
    return found


@pytest.fixture
def backfill(settings: Settings) -> Handmade:
    """Runs of three days, queued by Airflow; the days are scored and lack only ``publish``."""
    handmade = make_stretch(settings, [BEFORE, AFTER])
    for day in DAYS:
        handmade.add_night(day, NIGHTS[day], card_id=GONE_CARD)
    prepare_metadata(settings)
    run(settings, *airflow_command("dags", "reserialize"))
    run(
        settings,
        *(sys.executable, "-m", "scoring.orchestration", "backfill", "create"),
        *("--dag-id", "credit_nightly", "--dag-run-conf", '{"from_step": "publish"}'),
        *("--from-date", f"{DAYS[0]}T00:00+08:00", "--to-date", f"{DAYS[-1]}T23:59+08:00"),
    )
    return handmade


def test_last_run_judged_makes_one_generation(backfill: Handmade) -> None:
    settings = backfill.settings
    order = [DAYS[2], DAYS[0], DAYS[1]]
    outside = f"select * from scores where as_of_date in ('{BEFORE}', '{AFTER}') order by all"
    before = backfill.ask(outside)
    found = run_days(settings, order[:2])
    assert found["runs"] == [str(day) for day in DAYS]
    assert set(map(tuple, found["ended"].values())) == {("success", "success")}
    assert backfill.ask("select generation from publication") == [(2,)]
    run_days(settings, order[2:])
    assert backfill.ask("select generation, night_count from publication") == [(3, 5)]
    assert backfill.ops("select state, generation, date_from, date_to from ops.backfills") == [
        ("complete", 3, DAYS[0], DAYS[-1])
    ]
    assert backfill.ask(outside) == before
    apart = make_stretch(load_settings(home=settings.root.with_name("apart")), [BEFORE, AFTER])
    for day in DAYS:
        publish_by_itself(apart, day)
    assert shown_hash(settings) == shown_hash(apart.settings)


def test_day_with_a_closed_gate_fails_and_the_others_are_published(backfill: Handmade) -> None:
    night = backfill.add_night(DAYS[2], NIGHTS[DAYS[2]], card_id=GONE_CARD)
    backfill.set_gates(night, ["marts"], state="failed")
    ended = run_days(backfill.settings, DAYS)["ended"]
    assert list(ended.values()) == [["success"] * 2, ["success"] * 2, ["failed"] * 2]
    assert backfill.ask("select distinct as_of_date from scores order by all") == [
        (BEFORE,), (DAYS[0],), (DAYS[1],), (AFTER,)
    ]  # fmt: skip
    assert backfill.ops("select state, generation from ops.backfills") == [("partial", 3)]
