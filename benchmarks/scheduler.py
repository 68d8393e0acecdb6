"""scheduler: a real Airflow scheduler runs a night, started as `make airflow` starts it.

python -m benchmarks.scheduler

Prints every task's state and seconds, and compares the published content with the same night run by
`creditloop nightly`.
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
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.worlds import World, make_world, run_nights
from scoring.orchestration import airflow_command, airflow_environment
from scoring.publish.published import published_content_hash


def airflow_json(world: World, *arguments: str) -> list[dict[str, Any]]:
    """Output of an Airflow command that prints JSON."""
    done = subprocess.run(
        airflow_command(*arguments, "--output", "json"),
        env=world.environment | airflow_environment(world.settings),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("[{")]
    if done.returncode != 0 or not lines:
        return []  # not up yet, or nothing to list; log lines precede the answer
    rows: list[dict[str, Any]] = json.loads(lines[-1])
    return rows


def wait_for_run(world: World, run_id: str, seconds: float) -> str:
    """State of the run once it ended; ``timeout`` if it did not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        runs = airflow_json(world, "dags", "list-runs", "credit_nightly")
        states = {run["run_id"]: run["state"] for run in runs}
        if states.get(run_id) in {"success", "failed"}:
            return str(states[run_id])
        time.sleep(3)
    return "timeout"


def main() -> None:
    """Start the scheduler, trigger a night, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        world = make_world(base / "scheduled", users=arguments.users, history_days=90, nights=1)
        shutil.copytree(world.home, base / "direct")
        direct = replace(world, home=base / "direct")
        run_nights(direct, direct.night_dates)
        day = world.night_dates[0]
        environment = world.environment | airflow_environment(world.settings)
        with (base / "standalone.log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "scoring.orchestration", "standalone"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                run_id = f"benchmark-{day}"
                deadline = time.monotonic() + 180
                while time.monotonic() < deadline:
                    triggered = subprocess.run(
                        airflow_command(
                            *("dags", "trigger", "credit_nightly", "--run-id", run_id),
                            *("--conf", f'{{"as_of_date": "{day}"}}'),
                        ),
                        env=environment,
                        capture_output=True,
                        check=False,
                    )
                    if triggered.returncode == 0:
                        break
                    time.sleep(5)
                state = wait_for_run(world, run_id, 600)
                for task in airflow_json(
                    world, "tasks", "states-for-dag-run", "credit_nightly", run_id
                ):
                    print(f"{task['task_id']:14} {task['state']:10} {task.get('end_date', '')}")
            finally:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(timeout=60)
        equal = published_content_hash(world.settings) == published_content_hash(direct.settings)
        print(f"run {state}; content equal to `creditloop nightly`: {equal}")
        if state != "success" or not equal:
            print((base / "standalone.log").read_text()[-3000:])
            sys.exit(1)


if __name__ == "__main__":
    main()
