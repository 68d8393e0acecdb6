"""A clock that jumps and owners of locks that are gone."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from scoring.clock import utc_now
from scoring.errors import GateClosedError, TransientError
from scoring.nights import STEPS, make_night, run_night
from scoring.publish.step import publish_night
from scoring.recording import StepReport
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse
from tests.scoring.landing.conftest import DAY, Bench
from tests.scoring.other_writer import other_writer
from tests.scoring.publish.handmade import FIRST, Handmade, Scored

AN_AGE = 400 * 86_400


@pytest.mark.parametrize("jump", [-AN_AGE, AN_AGE])
def test_lock_that_is_held_stays_held_whatever_the_clock_says(
    settings: Settings, tmp_path: Path, jump: int
) -> None:
    impatient = settings.model_copy(update={"lock_timeout_seconds": 0.1})
    with other_writer(settings, tmp_path / "ready"):
        for name in ("writer.lock", "writer.json"):
            file = settings.warehouse_file.parent / name
            os.utime(file, (time.time() + jump, time.time() + jump))
        with pytest.raises(TransientError, match="a lock held by process"), writer_lock(impatient):
            pass


@pytest.mark.parametrize("pid", [2**22 - 1, os.getppid()], ids=["dead", "reused"])
def test_owner_that_left_no_lock_holds_nothing(settings: Settings, pid: int) -> None:
    folder = settings.warehouse_file.parent
    folder.mkdir(parents=True)
    (folder / "writer.lock").touch()
    (folder / "writer.json").write_text(json.dumps({"pid": pid, "host": "here"}), encoding="utf-8")
    with writer_lock(settings.model_copy(update={"lock_timeout_seconds": 0})):
        owner = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
    assert owner["pid"] == os.getpid()


def test_files_from_the_future_wait_and_say_so(bench: Bench) -> None:
    bench.land_users()
    later = time.time() + 7200
    for path in (bench.folder("users"), bench.folder("users") / "part.csv"):
        os.utime(path, (later, later))
    patient = Bench(bench.settings.model_copy(update={"landing_quiet_seconds": 300}))
    message = r"files dated 7\d\d\d s ahead of this machine's clock; .* or correct the clock\."
    with pytest.raises(TransientError, match=message):
        patient.ingest()
    (bench.folder("users") / "_SUCCESS").touch()
    patient.ingest()
    assert bench.state("users") == ("loaded", None)


def test_clock_put_back_between_marts_and_their_gate_keeps_the_gate_closed(
    settings: Settings,
) -> None:
    handmade = Handmade(settings)
    handmade.land_users(FIRST, [1])
    night = handmade.add_night(FIRST, {1: Scored()})
    _record_marts(settings, hours_ahead=1)
    with pytest.raises(GateClosedError, match="a result older than the tables it checked"):
        publish_night(settings, night)
    _record_marts(settings, hours_ahead=-1)  # built again by the clock as it is now
    publish_night(settings, night)
    assert handmade.ask("select count(*) from scores") == [(1,)]


def _record_marts(settings: Settings, *, hours_ahead: int) -> None:
    with open_warehouse(settings) as connection:
        connection.execute(
            "insert or replace into ops.table_contents values "
            "('marts.dim_user_night', ?, ?, 1, 'h', 'r', 'c', ?)",
            [FIRST, FIRST, utc_now() + timedelta(hours=hours_ahead)],
        )


def test_no_other_run_comes_between_the_steps_of_a_night(bench: Bench) -> None:
    writer = FileLock(bench.settings.warehouse_file.parent / "writer.lock")
    done: list[str] = []

    def try_to_come_between(step: str, _report: StepReport) -> None:
        done.append(step)
        with pytest.raises(Timeout):
            writer.acquire(blocking=False)

    bench.land_users()
    run_night(bench.settings, make_night(DAY), on_step=try_to_come_between)
    assert done == list(STEPS)
    with writer.acquire(blocking=False):  # and it is free again
        pass
