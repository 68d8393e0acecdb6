"""Airflow with everything wired: ``python -m scoring.orchestration ARGS`` is ``airflow ARGS``.

The metadata store is SQLite under ``<home>/airflow`` unless ``AIRFLOW__DATABASE__SQL_ALCHEMY_CONN``
names another; the environment's own ``AIRFLOW__*`` settings win.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from dotenv import dotenv_values

from scoring.errors import TransientError
from scoring.settings import PROJECT_ROOT, Settings, load_settings

WRITER_POOL = "creditloop_writer"


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Environment of an Airflow process that runs this project's DAGs."""
    defaults = {
        "AIRFLOW_HOME": str(settings.root / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    # `airflow standalone` starts its parts by the bare name `airflow`.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    # Airflow's processes need not stand in this folder, so what .env says travels with them.
    dotenv = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    wired = {"CREDITLOOP_HOME": str(settings.root), "PATH": path}
    return defaults | dotenv | dict(os.environ) | wired


def airflow_command(*arguments: str) -> list[str]:
    """Command line of the Airflow that is installed beside this package."""
    return [str(Path(sys.executable).with_name("airflow")), *arguments]


def night_command(as_of_date: date) -> list[str]:
    """Command line that runs one night of the DAG without a scheduler (``airflow dags test``)."""
    return airflow_command(
        *("dags", "test", "credit_nightly"),
        *("--dagfile-path", str(PROJECT_ROOT / "dags" / "credit_nightly.py")),
        *("--conf", json.dumps({"as_of_date": as_of_date.isoformat()})),
    )


def prepare_metadata(settings: Settings) -> None:
    """Create or upgrade Airflow's own database, and the pool that keeps one writer.

    Raises:
        TransientError: Airflow could not do it; its log is named.
    """
    folder = settings.root / "airflow"
    folder.mkdir(parents=True, exist_ok=True)
    log_file = folder / "setup.log"
    steps = (
        ("db", "migrate"),
        ("pools", "set", WRITER_POOL, "1", "Steps that write the build warehouse"),
    )
    with log_file.open("w", encoding="utf-8") as log:
        for arguments in steps:
            done = subprocess.run(  # noqa: S603 - fixed command
                airflow_command(*arguments),
                env=airflow_environment(settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode != 0:
                raise TransientError(
                    "Airflow set-up failed",
                    subject=" ".join(arguments),
                    expected="exit code 0",
                    got=f"exit code {done.returncode}",
                    next_step=f"Read {log_file}.",
                )


def main() -> None:
    """Prepare the metadata store and become ``airflow <arguments>``."""
    settings = load_settings()
    prepare_metadata(settings)
    command = airflow_command(*sys.argv[1:])
    os.execve(command[0], command, airflow_environment(settings))  # noqa: S606 - fixed command


if __name__ == "__main__":
    main()
