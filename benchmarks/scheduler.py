"""scheduler: a real Airflow scheduler runs a night, or backfills ten, beside `creditloop nightly`.

python -m benchmarks.scheduler night       as `make airflow` starts it
python -m benchmarks.scheduler backfill    as `make airflow-postgres` starts it

Prints every run's state and seconds, and compares the published content with that of the same
nights run by `creditloop nightly` in a twin deployment.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from benchmarks.worlds import World, make_world, run_nights
from scoring.metadata_store import CONNECTION
from scoring.orchestration import POSTGRES_OPTION, airflow_command, airflow_environment
from scoring.publish.published import published_content_hash, published_file
from scoring.warehouse.store import open_warehouse

ENDED = {"success", "failed"}

_RUNS = """
select run_id, data_interval_start, state, extract(epoch from end_date - start_date),
    (select count(*) from task_instance as task where task.run_id = dag_run.run_id
        and task.dag_id = dag_run.dag_id and task.state = 'success'),
    (select max(try_number) from task_instance as task where task.run_id = dag_run.run_id
        and task.dag_id = dag_run.dag_id),
    (select coalesce(string_agg(task_id, ' '), '') from task_instance as task
        where task.run_id = dag_run.run_id and task.dag_id = dag_run.dag_id
        and task.state = 'failed')
from dag_run
where dag_id = 'credit_nightly' and run_type = 'backfill'
order by data_interval_start
"""


@contextmanager
def running_airflow(world: World, base: Path, *options: str) -> Iterator[dict[str, str]]:
    """Airflow with everything wired; gives the environment of further commands."""
    with (base / "standalone.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "scoring.orchestration", *options, "standalone"],
            env=world.environment | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield world.environment
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=120)


def airflow(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One Airflow command beside the running server."""
    return subprocess.run(
        airflow_command(*arguments),
        env=world.environment | airflow_environment(world.settings),
        capture_output=True,
        text=True,
        check=False,
    )


def airflow_json(world: World, *arguments: str) -> list[dict[str, Any]]:
    """Output of an Airflow command that prints JSON."""
    done = airflow(world, *arguments, "--output", "json")
    lines = [line for line in done.stdout.splitlines() if line.startswith("[{")]
    if done.returncode != 0 or not lines:
        return []  # not up yet, or nothing to list; log lines precede the answer
    rows: list[dict[str, Any]] = json.loads(lines[-1])
    return rows


def orchestration(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same, as this project wires it."""
    return subprocess.run(
        [sys.executable, "-m", "scoring.orchestration", *arguments],
        env=world.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def repeat_until_done(world: World, seconds: float, *arguments: str) -> None:
    """Repeat a command until it succeeds: the scheduler may not know the DAG yet."""
    deadline = time.monotonic() + seconds
    while (done := orchestration(world, *arguments)).returncode != 0:
        if time.monotonic() > deadline:
            sys.exit(f"{' '.join(arguments[:2])} failed: {done.stderr[-2000:]}")
        time.sleep(5)


def wait_for_run(world: World, run_id: str, seconds: float) -> str:
    """State of the run once it ended; ``timeout`` if it did not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        runs = airflow_json(world, "dags", "list-runs", "credit_nightly")
        states = {run["run_id"]: run["state"] for run in runs}
        if states.get(run_id) in ENDED:
            return str(states[run_id])
        time.sleep(3)
    return "timeout"


def run_one_night(world: World, base: Path) -> bool:
    """Trigger one night and wait for it; whether it succeeded."""
    day = world.night_dates[0]
    run_id = f"benchmark-{day}"
    with running_airflow(world, base):
        conf = json.dumps({"as_of_date": day.isoformat()})
        repeat_until_done(
            *(world, 180, "dags", "trigger", "credit_nightly", "--run-id", run_id, "--conf", conf)
        )
        state = wait_for_run(world, run_id, 900)
        for task in airflow_json(world, "tasks", "states-for-dag-run", "credit_nightly", run_id):
            print(f"{task['task_id']:14} {task['state']:10} {task.get('end_date', '')}")
    return state == "success"


def run_backfill(world: World, base: Path, seconds: float) -> bool:
    """Backfill every night, all runs at once, and print how each went; whether all succeeded."""
    first, last = world.night_dates[0], world.night_dates[-1]
    with running_airflow(world, base, POSTGRES_OPTION):
        repeat_until_done(
            world,
            300,
            *("backfill", "create", "--dag-id", "credit_nightly"),
            *("--from-date", f"{first}T00:00:00+08:00", "--to-date", f"{last}T23:59:00+08:00"),
            *("--max-active-runs", "10"),
        )
        deadline = time.monotonic() + seconds
        runs = read_runs(world)
        while time.monotonic() < deadline and not all(run[2] in ENDED for run in runs):
            time.sleep(2)
            runs = read_runs(world)
    print(f"{'night':12} {'state':9} {'seconds':>8} {'steps':>6} {'tries':>6}  failed")
    zone = ZoneInfo(world.settings.business_timezone)
    for _, start, state, took, steps, tries, failed in runs:
        day = start.astimezone(zone).date()
        print(f"{day!s:12} {state:9} {took or 0:8.0f} {steps:6} {tries:6}  {failed}")
    return len(runs) == len(world.night_dates) and all(run[2] == "success" for run in runs)


def read_runs(world: World) -> Sequence[tuple[Any, ...]]:
    """The runs of the backfill, straight from the metadata: a command each time costs seconds."""
    import psycopg  # noqa: PLC0415 - only this benchmark needs it

    address = airflow_environment(world.settings)[CONNECTION].replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        return connection.execute(_RUNS).fetchall()


def count_overlaps(world: World) -> int:
    """Pairs of steps that ran at the same time; one writer means none."""
    with open_warehouse(world.settings) as connection:
        row = connection.execute(
            """
            with steps as (
                select run_id, step, started_at,
                    started_at + to_microseconds((wall_seconds * 1e6)::bigint) as ended_at
                from ops.step_runs
            )
            select count(*) from steps as one inner join steps as two
                on one.started_at < two.started_at and two.started_at < one.ended_at
            """
        ).fetchone()
    return int(row[0]) if row else 0


def count_generations(world: World) -> int:
    """How many generations a deployment ever made."""
    with open_warehouse(world.settings) as connection:
        row = connection.execute("select count(*) from ops.generations").fetchone()
    return int(row[0]) if row else 0


def count_different_rows(one: World, other: World) -> dict[str, int]:
    """Rows that only one of two deployments publishes, per table."""
    files = [f"'{published_file(world.settings)}'" for world in (one, other)]
    different = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {files[0]} as one (read_only)")
        connection.execute(f"attach {files[1]} as other (read_only)")
        for table in (
            "scores",
            "score_points",
            "score_reasons",
            "score_changes",
            "features_latest",
        ):
            row = connection.execute(
                f"""
                select count(*) from (
                    (from one.{table} except all from other.{table})
                    union all (from other.{table} except all from one.{table})
                )
                """
            ).fetchone()
            different[table] = int(row[0]) if row else 0
    return different


def main() -> None:
    """Run the nights twice, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["night", "backfill"])
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--nights", type=int, default=10, help="of a backfill")
    parser.add_argument("--seconds", type=float, default=3600, help="patience with a backfill")
    arguments = parser.parse_args()
    nights = arguments.nights if arguments.what == "backfill" else 1
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        base.chmod(0o711)  # as root, the user postgres must reach its folder
        world = make_world(
            base / "scheduled", users=arguments.users, history_days=90, nights=nights
        )
        shutil.copytree(world.home, base / "direct")
        started = time.perf_counter()
        if arguments.what == "night":
            is_done = run_one_night(world, base)
        else:
            is_done = run_backfill(world, base, arguments.seconds)
        print(f"{nights} nights by the scheduler: {time.perf_counter() - started:.0f} s")
        if not is_done:
            print((base / "standalone.log").read_text()[-5000:])
            sys.exit(1)
        direct = replace(world, home=base / "direct")
        started = time.perf_counter()
        run_nights(direct, direct.night_dates)
        print(f"the same by `creditloop nightly`: {time.perf_counter() - started:.0f} s")
        texts = [published_content_hash(each.settings) for each in (world, direct)]
        print(f"content hashes: {texts[0]} {texts[1]}, equal: {texts[0] == texts[1]}")
        print(f"rows that differ: {count_different_rows(world, direct)}")
        print(f"steps that overlapped: {count_overlaps(world)}")
        made = [count_generations(each) for each in (world, direct)]
        print(f"generations: {made[0]} by the scheduler, {made[1]} by separate nights")
        sys.exit(0 if texts[0] == texts[1] and made == [1, nights] else 1)


if __name__ == "__main__":
    main()
