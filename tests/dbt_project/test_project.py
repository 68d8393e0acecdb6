"""The style of the dbt project as checks over its manifest, its files and what it built."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scoring.landing.contract import load_feeds
from scoring.marts.dbt_runner import DBT_PROJECT, dbt_folder, run_dbt
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse

pytestmark = pytest.mark.xdist_group("marts")

SQL_FILES = sorted(DBT_PROJECT.rglob("*.sql"))
MODEL_FILES = sorted((DBT_PROJECT / "models").rglob("*.sql"))

WITHOUT_GRAIN_TEST = {
    "stg_consent_landings": "one row by construction",
}
WITHOUT_UNIT_TEST = {
    **{
        f"stg_{feed}": "shares new_versions, tested on transactions and users"
        for feed in load_feeds()
        if feed not in ("transactions", "users")
    },
    "stg_consent_landings": "one minimum",
}
# Clocks and chance; picks without an order; averages, which DuckDB computes as DOUBLE.
FORBIDDEN = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|today\(|now\(|random\(|uuid\(|gen_random"
    r"|any_value\(|first\(|last\(|arg_max\(|arg_min\(|max_by\(|min_by\(|mode\(|avg\(|mean\("
    r"|double|float|real)",
    re.IGNORECASE,
)


@pytest.fixture
def manifest(built: Settings) -> dict[str, Any]:
    """What dbt understood of the project."""
    path = dbt_folder(built) / "manifest.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _nodes(manifest: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == kind]


def test_every_dbt_test_passes_and_the_project_is_parsed_once(built: Settings) -> None:
    """Unit tests and those tagged suite too, which a night leaves out."""
    log = dbt_folder(built) / "dbt.log"
    before = len(log.read_text(encoding="utf-8"))
    with writer_lock(built):
        nodes = run_dbt(built, "test", subject="small world")
    assert {node.kind for node in nodes} == {"test", "unit_test"}
    assert sum(node.kind == "unit_test" for node in nodes) >= 40
    assert sum(node.kind == "test" for node in nodes) >= 50
    assert "partial parsing" not in log.read_text(encoding="utf-8")[before:].lower()


def test_models_and_columns_are_described(manifest: dict[str, Any], built: Settings) -> None:
    with open_warehouse(built) as connection:
        found: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name in ('staging', 'intermediate', 'marts') order by all"
        ).fetchall():
            found.setdefault(table, []).append(column)
    models = _nodes(manifest, "model")
    assert len(models) == len(MODEL_FILES)
    for model in models:
        assert re.match(r"One row(:| per )", model["description"]), model["name"]
        assert sorted(model["columns"]) == found[model["name"]], model["name"]
        undescribed = [c["name"] for c in model["columns"].values() if not c["description"]]
        assert undescribed == [], model["name"]


def test_seeds_are_described(manifest: dict[str, Any]) -> None:
    seeds = _nodes(manifest, "seed")
    assert {seed["name"] for seed in seeds} == {
        "products",
        "score_bands",
        "feature_catalog",
        "spending_categories",
        "entropy_terms",
    }
    for seed in seeds:
        header = (DBT_PROJECT / seed["original_file_path"]).read_text(encoding="utf-8")
        assert list(seed["columns"]) == header.splitlines()[0].split(","), seed["name"]


def test_grain_equals_the_uniqueness_test(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"].split(".")[-1]: node["test_metadata"]["kwargs"]["columns"]
        for node in _nodes(manifest, "test")
        if (node.get("test_metadata") or {}).get("name") == "unique_grain"
    }
    for model in _nodes(manifest, "model"):
        if model["name"] in WITHOUT_GRAIN_TEST:
            assert model["name"] not in tested
            continue
        assert model["config"]["meta"]["grain"] == tested[model["name"]], model["name"]


def test_models_with_rules_have_unit_tests(manifest: dict[str, Any]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    models = {model["name"] for model in _nodes(manifest, "model")}
    assert models - tested == set(WITHOUT_UNIT_TEST)


def test_marts_enforce_their_contract(manifest: dict[str, Any]) -> None:
    marts = [model for model in _nodes(manifest, "model") if model["schema"] == "marts"]
    assert len(marts) == 5
    for mart in marts:
        assert mart["config"]["contract"]["enforced"], mart["name"]
        assert mart["config"]["incremental_strategy"] == "replace_days", mart["name"]
        assert all(column["data_type"] for column in mart["columns"].values()), mart["name"]


def test_yml_stands_beside_its_model() -> None:
    assert len(MODEL_FILES) >= 40
    assert [str(path) for path in MODEL_FILES if not path.with_suffix(".yml").exists()] == []


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_sql_has_no_clock_no_chance_and_no_floating_point(path: Path) -> None:
    code = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    code = re.sub(r"--.*", "", code)
    assert FORBIDDEN.findall(code) == []


@pytest.mark.parametrize(
    "offence", ["select now()", "avg(amount)", "arg_max(a, b)", "cast(a as double)", "current_date"]
)
def test_forbidden_sql_is_recognised(offence: str) -> None:
    assert FORBIDDEN.search(offence)


def test_no_column_is_a_floating_point_number(built: Settings) -> None:
    with open_warehouse(built) as connection:
        rows = connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name in ('raw', 'staging', 'intermediate', 'marts')"
            " and data_type in ('DOUBLE', 'FLOAT')"
        ).fetchall()
    assert rows == []


def test_only_staging_reads_raw(manifest: dict[str, Any]) -> None:
    for model in _nodes(manifest, "model"):
        reads_raw = any(
            name.startswith(("source.creditloop.raw.", "source.creditloop.pending."))
            for name in model["depends_on"]["nodes"]
        )
        assert reads_raw == (model["schema"] == "staging"), model["name"]


def test_protected_attributes_reach_no_model(manifest: dict[str, Any]) -> None:
    protected = {"birth_year", "gender", "region_code", "occupation_code"}
    columns = {column.name for column in load_feeds()["users"].columns}
    assert protected < columns
    for model in _nodes(manifest, "model"):
        assert not protected & set(model["columns"]), model["name"]


def test_every_engine_quirk_refuses_an_engine_it_does_not_know() -> None:
    quirks = [
        path
        for path in sorted((DBT_PROJECT / "macros" / "engine").glob("*.sql"))
        if path.stem != "engine_lacks"
    ]
    assert len(quirks) >= 8
    for path in quirks:
        text = path.read_text(encoding="utf-8")
        assert f"default__{path.stem}(" in text
        assert f"engine_lacks('{path.stem}')" in text
        assert f"duckdb__{path.stem}(" in text
