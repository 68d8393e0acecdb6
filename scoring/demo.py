"""``make demo``: a year of simulated users, three nights through Airflow, and what came out."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
from rich.table import Table

from scoring.cli.console import configure_logging, err, out, progress_bar
from scoring.errors import CreditloopError, PermanentError
from scoring.orchestration import night_command, night_environment, prepare_metadata
from scoring.settings import PREFIX, PROJECT_ROOT, Settings, load_settings
from scoring.warehouse.store import open_warehouse

USERS = 2000
START = date(2025, 1, 1)
HISTORY_DAYS = 365
NIGHTS = 3
SEED = 7
MARKER = "demo.env"

_BANDS = """
select
    coalesce(band_code, score_status) as band,
    count(*) as users,
    min(score) as lowest,
    max(score) as highest,
from scores_latest
group by all
order by lowest nulls last
"""

_MEDIAN_USER = """
select user_key
from scores_latest
where score is not null and points_clipped = 0
order by abs(score - (select median(score) from scores_latest)), user_key
limit 1
"""

_GATES = """
select
    as_of_date as night,
    gate,
    count(*) filter (state = 'passed') as passed,
    count(*) filter (state = 'failed' and severity = 'warn') as warned,
    count(*) filter (state = 'failed' and severity = 'stop') as failed,
    count(*) filter (state = 'errored') as errored,
from quality.gate_results
group by all
order by all
"""

_STEPS = """
select
    as_of_date as night,
    step,
    round(wall_seconds, 1) as seconds,
    round(startup_seconds, 1) as of_which_start_up,
    peak_memory_bytes // 1048576 as peak_mib,
from ops.step_runs
order by started_at
"""


def main() -> None:
    """Run the demo; a known error becomes one line and its exit code."""
    configure_logging(verbose=False)
    started = time.perf_counter()
    try:
        settings = prepare_home(PROJECT_ROOT / "var" / "demo")
        load_history(settings)
        run_nights(settings)
        show_summary(settings)
    except CreditloopError as error:
        err.print(f"demo: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
    out.print(f"\nDone in {time.perf_counter() - started:.0f} s.")


def prepare_home(home: Path) -> Settings:
    """Empty the demo's own home, make it a key, and return its settings."""
    if home.exists() and any(home.iterdir()) and not (home / MARKER).exists():
        raise PermanentError(
            "demo refused",
            subject=str(home),
            expected="an empty folder or an earlier demo",
            got="something else",
            next_step="Move it away and repeat.",
        )
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    values = {
        "CREDITLOOP_HOME": str(home),
        "CREDITLOOP_IDENTITY_KEY": secrets.token_hex(32),
        "CREDITLOOP_EXPECTED": '{"*": "daily"}',
    }
    environment_file = home / MARKER
    environment_file.touch(mode=0o600)
    lines = [f"export {name}='{value}'" for name, value in values.items()]
    environment_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(values)
    return load_settings(_env_file=None)


def load_history(settings: Settings) -> None:
    """Simulate every day and load all but the last nights in one go."""
    from scoring.landing.ingest import load_range  # noqa: PLC0415 - after the home is ready
    from scoring.simulator.simulate import simulate  # noqa: PLC0415

    out.rule(f"1. {USERS} simulated users, {HISTORY_DAYS + NIGHTS} days of files for ten feeds")
    with progress_bar() as on_progress:
        report = simulate(
            users=USERS,
            start=START,
            days=HISTORY_DAYS + NIGHTS,
            seed=SEED,
            out=settings.landing,
            on_progress=on_progress,
        )
    out.print(report.render(), markup=False, highlight=False)
    out.rule(f"2. {HISTORY_DAYS} days of history loaded in one go")
    last = START + timedelta(days=HISTORY_DAYS - 1)
    with progress_bar() as on_progress:
        loaded = load_range(settings, START, last, on_progress=on_progress)
    out.print(loaded.summary, markup=False, highlight=False)


def night_dates() -> list[date]:
    """The nights that go through Airflow."""
    return [START + timedelta(days=HISTORY_DAYS + number) for number in range(NIGHTS)]


def run_nights(settings: Settings) -> None:
    """Run the last nights through the DAG, as ``airflow dags test`` does it."""
    out.rule(f"3. {NIGHTS} nights through the Airflow DAG credit_nightly")
    prepare_metadata(settings)
    for day in night_dates():
        log_file = settings.root / "airflow" / f"night-{day}.log"
        started = time.perf_counter()
        with log_file.open("w", encoding="utf-8") as log:
            done = subprocess.run(  # noqa: S603 - fixed command
                night_command(day),
                env=night_environment(settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            raise PermanentError(
                "night failed",
                subject=f"credit_nightly@{day}",
                expected="exit code 0",
                got=f"exit code {done.returncode}",
                next_step=f"Read {log_file}.",
            )
        out.print(f"night {day}: published ({time.perf_counter() - started:.0f} s)", markup=False)


def show_summary(settings: Settings) -> None:
    """Print bands, gates, timings, one explained user, and where everything is."""
    published = settings.published / "creditloop.duckdb"
    out.rule("4. What came out")
    with duckdb.connect(str(published), read_only=True) as connection:
        title = f"Users by band, night of {night_dates()[-1]}"
        out.print(_table(connection, title, _BANDS))
        row = connection.execute(_MEDIAN_USER).fetchone()
    with open_warehouse(settings) as connection:
        out.print(
            _table(connection, "Gates: expectations by outcome", _GATES),
            _table(connection, "Steps: seconds and peak memory", _STEPS),
        )
    out.rule("5. One user's score, explained")
    if row is None:
        raise PermanentError(
            "demo failed",
            subject=f"scores@{night_dates()[-1]}",
            expected="at least one scored user",
            got="none",
            next_step="Read the logs under var/demo/airflow.",
        )
    _explain_user(settings, int(row[0]))
    out.rule("6. Where to look")
    places = {
        "published tables": published,
        "gate reports": settings.reports / "data_docs" / "index.html",
        "more": f". {settings.root / MARKER} && .venv/bin/creditloop status",
    }
    for name, place in places.items():
        out.print(f"{name:<18}{place}", markup=False, highlight=False)


def _explain_user(settings: Settings, user_key: int) -> None:
    from scoring.explain.explain import explain  # noqa: PLC0415 - after the home is ready

    out.print(explain(settings, None, user_key=user_key).render(), markup=False, highlight=False)


def _table(connection: duckdb.DuckDBPyConnection, title: str, query: str) -> Table:
    result = connection.execute(query)
    table = Table(title=title, title_justify="left")
    for column in result.description or []:
        table.add_column(str(column[0]))
    for record in result.fetchall():
        table.add_row(*("" if value is None else str(value) for value in record))
    return table


if __name__ == "__main__":
    main()
