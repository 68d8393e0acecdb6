"""A night through Airflow itself, as ``make demo`` runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import pytest

from benchmarks.worlds import make_world
from scoring.nights import STEPS
from scoring.orchestration import night_command, night_environment, prepare_metadata
from scoring.warehouse.store import open_warehouse


@pytest.mark.slow
def test_dags_test_publishes_the_night_of_the_parameter(tmp_path: Path) -> None:
    world = make_world(tmp_path / "home", users=60, history_days=40, nights=1)
    day = world.night_dates[0]
    prepare_metadata(world.settings)
    done = subprocess.run(
        night_command(day),
        env=world.environment | night_environment(world.settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    published = world.settings.published / "creditloop.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select as_of_date from publication").fetchall() == [(day,)]
        row = connection.execute("select count(*) from scores_latest").fetchone()
    assert row is not None
    assert 0 < row[0] <= 60
    with open_warehouse(world.settings) as connection:
        steps = connection.execute(
            "select step, state from ops.step_runs where as_of_date = ? order by started_at", [day]
        ).fetchall()
    assert steps == [(step, "succeeded") for step in STEPS]
