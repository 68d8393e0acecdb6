"""The night, end to end, over simulated files: twice, and killed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from benchmarks.resilience.checks import find_leftovers, find_torn, read_content
from benchmarks.resilience.states import Deployment
from benchmarks.worlds import World, run_nights
from scoring.nights import STEPS
from scoring.publish.published import published_content_hash, read_published
from scoring.warehouse.store import open_warehouse
from tests.scoring.lineage_events import listen, names, read_events

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Two months of history, and what follows."""
    return Deployment(tmp_path_factory.mktemp("night") / "states", users=150, seed=7)


@pytest.fixture(scope="module")
def finished(deployment: Deployment) -> World:
    """Two nights published."""
    deployment.restore("published")
    return deployment.world


def test_every_step_leaves_its_time_and_memory(finished: World) -> None:
    with open_warehouse(finished.settings) as connection:
        rows = connection.execute(
            "select step, count(*), min(wall_seconds) > 0, min(peak_memory_bytes) > 0"
            " from ops.step_runs where step <> 'ingest_range' group by step"
        ).fetchall()
    assert sorted(rows) == sorted((step, 2, True, True) for step in STEPS)


def test_every_gate_expectation_ran_and_none_stopped(finished: World) -> None:
    with open_warehouse(finished.settings) as connection:
        rows = connection.execute(
            "select gate, count(*) > 5, count(*) filter (state = 'errored'),"
            " count(*) filter (state = 'failed' and severity = 'stop')"
            " from quality.gate_results group by gate order by gate"
        ).fetchall()
    assert rows == [(gate, True, 0, 0) for gate in ("landing", "marts", "scores")]


@pytest.fixture(scope="module")
def repeated(
    finished: World, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[dict[str, Any]]]:
    """The second night again; what readers saw before, and the lineage events, if there can be."""
    before = published_content_hash(finished.settings)
    events = tmp_path_factory.mktemp("lineage") / "events.jsonl"
    with pytest.MonkeyPatch.context() as patched:
        if find_spec("openlineage") is not None:
            listen(patched, events)
        run_nights(finished, finished.night_dates[1:2])
    return before, read_events(events)


def test_same_night_again_changes_nothing(
    finished: World, repeated: tuple[str, list[dict[str, Any]]]
) -> None:
    assert published_content_hash(finished.settings) == repeated[0]


def test_every_step_of_a_night_tells_its_lineage(
    finished: World, repeated: tuple[str, list[dict[str, Any]]]
) -> None:
    pytest.importorskip("openlineage", reason="the extra [lineage] is not installed")
    events = repeated[1]
    told = [(event["job"]["name"], event["eventType"]) for event in events]
    assert told == [
        (f"credit_nightly.{step}", state) for step in STEPS for state in ("START", "COMPLETE")
    ]
    assert len({event["run"]["facets"]["parent"]["run"]["runId"] for event in events}) == 1
    # What a step reads, an earlier one has made, or it has landed; and the tables are there.
    made = {name for event in events for name in names(event, "outputs")}
    read = {name for event in events for name in names(event, "inputs")}
    assert {name for name in read - made if not name.startswith("landing.")} == set()
    with open_warehouse(finished.settings) as connection:
        tables = {f"{schema}.{table}" for schema, table in connection.execute(_TABLES).fetchall()}
    assert {name for name in made if name.startswith(("marts.", "scores."))} <= tables


_TABLES = "select schema_name, table_name from duckdb_tables()"


def test_what_a_kill_could_leave_would_be_found(finished: World) -> None:
    settings = finished.settings
    shown = read_published(settings)
    assert shown is not None
    assert find_torn(settings, {shown.content_hash}) == []
    assert find_torn(settings, {"another"}) == ["shows what nobody published"]
    left = [
        settings.published / "scores_history" / ".half.parquet",
        settings.raw / "users" / "half.parquet",
        settings.warehouse_file.with_suffix(".new.duckdb"),
    ]
    for path in left:
        path.touch()
    assert find_leftovers(settings) == sorted(str(path.relative_to(finished.home)) for path in left)
    for path in left:
        path.unlink()
    assert find_leftovers(settings) == []
    before = read_content(settings)
    with open_warehouse(settings) as connection:
        connection.execute("update ops.batches set state = 'lost' where feed = 'users'")
    assert read_content(settings).differences(before) == ["batches"]
    with open_warehouse(settings) as connection:
        connection.execute("update ops.batches set state = 'loaded' where state = 'lost'")
