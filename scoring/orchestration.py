"""Airflow with everything wired: ``python -m scoring.orchestration ARGS`` is ``airflow ARGS``.

The metadata store is SQLite under ``<home>/airflow``; with ``--postgres`` before ARGS, and ever
after, it is a PostgreSQL server of the deployment's own. ``AIRFLOW__DATABASE__SQL_ALCHEMY_CONN``
names another one; the environment's own ``AIRFLOW__*`` settings win.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from dotenv import dotenv_values

from scoring.backfill_command import DRY_RUN, add_param, creates_backfill, read_planned_days
from scoring.errors import CreditloopError, TransientError
from scoring.metadata_store import (
    CONNECTION,
    create_metadata_server,
    metadata_environment,
    running_metadata_server,
)
from scoring.settings import PROJECT_ROOT, Settings, load_settings

WRITER_POOL = "creditloop_writer"
POSTGRES_OPTION = "--postgres"


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Environment of an Airflow process that runs this project's DAGs."""
    defaults = {
        "AIRFLOW_HOME": str(settings.root / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # The scheduler starts tasks before Airflow's own API answers; a busy machine needs longer
        # than the 5 seconds after which the task would be killed.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    }
    # `airflow standalone` starts its parts by the bare name `airflow`.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    # Airflow's processes need not stand in this folder, so what .env says travels with them.
    dotenv = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    wired = {"CREDITLOOP_HOME": str(settings.root), "PATH": path}
    given = dotenv | dict(os.environ)
    store = {} if CONNECTION in given else metadata_environment(settings)
    return defaults | store | given | wired


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


def night_environment(settings: Settings) -> dict[str, str]:
    """Environment of ``night_command``: that of Airflow, without a deadline.

    Airflow 3.3's ``dags test`` fails at the end of a DAG that has one, since it reads alerts that
    only a DAG in the scheduler's database has.
    """
    return airflow_environment(settings) | {"CREDITLOOP_NIGHT_DEADLINE_MINUTES": "0"}


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


def run_airflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Run ``airflow <arguments>`` until it ends, and its metadata server no longer than that.

    Returns:
        Airflow's exit code.
    """
    with running_metadata_server(settings):
        prepare_metadata(settings)
        if creates_backfill(arguments):
            arguments = name_days(settings, arguments)
        with subprocess.Popen(  # noqa: S603 - fixed command
            airflow_command(*arguments), env=airflow_environment(settings)
        ) as process:
            # Ctrl-C reaches Airflow by itself; both end it, and then the server.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            return process.wait()


def name_days(settings: Settings, arguments: Sequence[str]) -> Sequence[str]:
    """The command that creates a backfill, with the days that Airflow will run in its parameters.

    A range without such a day, or a command that Airflow refuses, is left for Airflow to answer.
    """
    planned = subprocess.run(  # noqa: S603 - the user's own command
        airflow_command(*arguments, DRY_RUN),
        env=airflow_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    days = read_planned_days(planned.stdout, settings.business_timezone)
    if planned.returncode != 0 or not days:
        return arguments
    from scoring.backfill.scheduled import Membership  # noqa: PLC0415 - the DAG file imports this
    from scoring.nights import new_run_id  # noqa: PLC0415 - as above

    return add_param(arguments, Membership(new_run_id("backfill"), days).to_param())


def main() -> None:
    """Prepare the metadata store and run ``airflow <arguments>``."""
    arguments = sys.argv[1:]
    try:
        settings = load_settings()
        if arguments[:1] == [POSTGRES_OPTION]:
            create_metadata_server(settings)
            arguments = arguments[1:]
        sys.exit(run_airflow(settings, arguments))
    except CreditloopError as error:
        from scoring.cli.console import err  # noqa: PLC0415 - the DAG file imports this module

        err.print(f"creditloop: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
