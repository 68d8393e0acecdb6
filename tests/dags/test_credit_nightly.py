"""The DAG as Airflow sees it, parsed in a process of its own with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scoring.nights import STEPS
from scoring.orchestration import WRITER_POOL, airflow_environment
from scoring.settings import PROJECT_ROOT, load_settings

DESCRIBE = """
import json, sys
import scoring.errors as errors
facts = {"subject": "b", "expected": "c", "got": "d", "next_step": "e"}
HEAVY = {"duckdb", "pandas", "dbt", "great_expectations", "pyarrow"}
sys.path.insert(0, "dags")
heavy_before = set(sys.modules)
import credit_nightly
from datetime import datetime, UTC
from airflow.sdk import DAG
dags = [v for v in vars(credit_nightly).values() if isinstance(v, DAG)]
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("dags")
dag = bag.dags["credit_nightly"]
from scoring.dag_runs import resolve_dates as resolve
def dates(params, start):
    try:
        return [d.isoformat() for d in resolve(params, start)]
    except errors.ConfigurationError as error:
        return str(error)
print("RESULT" + json.dumps({
    "ids": sorted(bag.dags),
    "errors": bag.import_errors,
    "order": [t.task_id for t in dag.topological_sort()],
    "chain": {t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks},
    "pools": sorted({(t.pool, t.pool_slots) for t in dag.tasks}),
    "max_active_runs": dag.max_active_runs,
    "catchup": dag.catchup,
    "doc": dag.doc_md,
    "timetable": type(dag.timetable).__name__,
    "params": {k: dag.params.get_param(k).schema for k in dag.params},
    "outlets": {t.task_id: [a.name for a in t.outlets] for t in dag.tasks},
    "heavy": sorted(HEAVY & set(sys.modules) - heavy_before),
    "weights": {t.task_id: str(t.weight_rule) for t in dag.tasks},
    "alerts": [
        [type(d.reference).__name__, str(d.interval), d.callback.path] for d in dag.deadline
    ],
    "on_failure": sorted(
        {f"{f.__module__}.{f.__name__}" for t in dag.tasks for f in t.on_failure_callback}
    ),
    "rendered": sorted({
        str(value) for t in dag.tasks for name in t.template_fields
        if (value := getattr(t, name, None)) and name not in {"op_args", "templates_dict"}
    }),
    "policy": [
        dag.tasks[0].retry_policy.evaluate(error, 1, 3).action.value
        for error in (
            errors.TransientError("a", **facts),
            errors.GateClosedError("a", **facts),
            ValueError("x"),
        )
    ],
    "interval": dates({}, datetime(2025, 1, 30, 18, 0, tzinfo=UTC)),
    "given": dates({"as_of_date": "2025-01-15"}, None),
    "known": dates({"as_of_date": "2025-01-15", "known_on": "2025-02-01"}, None),
    "neither": dates({}, None),
}))
"""


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Facts of the DAG, read in a fresh process."""
    home = tmp_path_factory.mktemp("home")
    environment = airflow_environment(load_settings(home=home)) | {
        "PYTHONWARNINGS": "ignore",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE],
        cwd=PROJECT_ROOT,
        env={
            k: v
            for k, v in environment.items()
            if k in os.environ or k.startswith(("AIRFLOW", "CREDIT", "PYTHONW"))
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    facts: dict[str, Any] = json.loads(line.removeprefix("RESULT"))
    return facts


def test_exactly_one_dag_and_it_parses(dag: dict[str, Any]) -> None:
    assert dag["ids"] == ["credit_nightly"]
    assert dag["errors"] == {}


def test_steps_are_chained_in_the_order_of_a_night(dag: dict[str, Any]) -> None:
    names = list(STEPS)
    assert dag["order"] == names
    assert dag["chain"] == {name: names[index + 1 : index + 2] for index, name in enumerate(names)}


def test_one_writer_by_pool_and_by_run(dag: dict[str, Any]) -> None:
    assert dag["pools"] == [[WRITER_POOL, 1]]
    assert dag["max_active_runs"] == 1
    assert dag["catchup"] is False


def test_timetable_has_a_real_data_interval(dag: dict[str, Any]) -> None:
    assert dag["timetable"] == "CronDataIntervalTimetable"


def test_date_is_the_business_day_of_the_interval_start(dag: dict[str, Any]) -> None:
    # 18:00 UTC is 02:00 of the next day in Shanghai, where the interval starts.
    assert dag["interval"] == ["2025-01-31", "2025-01-31"]
    assert dag["given"] == ["2025-01-15", "2025-01-15"]
    assert dag["known"] == ["2025-01-15", "2025-02-01"]
    assert dag["neither"].endswith("got no date. Trigger it with as_of_date.")


def test_parameters_are_typed(dag: dict[str, Any]) -> None:
    assert dag["params"] == {
        **{
            name: {"type": ["null", "string"], "format": "date"}
            for name in ("as_of_date", "known_on")
        },
        "from_step": {"type": "string", "enum": list(STEPS)},
        "card": {"type": ["null", "string"]},
        "backfill": {"type": ["null", "object"]},
    }


def test_night_that_has_begun_goes_before_others(dag: dict[str, Any]) -> None:
    # a backfill starts ten runs at once; by Airflow's default all of them would ingest first
    assert set(dag["weights"].values()) == {"upstream"}


def test_failures_and_late_nights_are_told(dag: dict[str, Any]) -> None:
    assert dag["on_failure"] == ["scoring.notifications.report_failure"]
    late = "scoring.notifications.report_late_night"
    assert dag["alerts"] == [["DagRunQueuedAtDeadline", "4:00:00", late]]


def test_rendered_fields_hold_nothing(dag: dict[str, Any]) -> None:
    assert dag["rendered"] == []


def test_only_transient_errors_are_retried(dag: dict[str, Any]) -> None:
    assert dag["policy"] == ["retry", "fail", "fail"]


def test_publish_alone_updates_the_asset(dag: dict[str, Any]) -> None:
    assert {name: assets for name, assets in dag["outlets"].items() if assets} == {
        "publish": ["creditloop_published"]
    }


def test_page_for_people_names_the_steps(dag: dict[str, Any]) -> None:
    assert " → ".join(STEPS) in dag["doc"]


def test_parsing_imports_nothing_heavy(dag: dict[str, Any]) -> None:
    assert dag["heavy"] == []


def test_dag_file_is_small() -> None:
    lines = (PROJECT_ROOT / "dags" / "credit_nightly.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 140
    assert sorted(path.name for path in Path(PROJECT_ROOT / "dags").glob("*.py")) == [
        "credit_nightly.py"
    ]
