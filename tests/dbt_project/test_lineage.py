"""What is made from what: dbt knows every published table, and the picture says what dbt says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from scoring.marts.dbt_runner import DBT_PROJECT, dbt_folder, run_dbt
from scoring.marts.documents import CATALOG
from scoring.marts.lineage.boxes import read_models
from scoring.marts.records import MARTS
from scoring.publish.generation import REFERENCE_TABLES
from scoring.settings import PROJECT_ROOT, Settings
from scoring.warehouse.store import open_warehouse

# That the page names what a publication really holds is tested in tests/scoring/publish.
PAGE = PROJECT_ROOT / "docs" / "published_tables.md"
# Seeds that models read, so that what is published rests on them already through the marts.
SEEDS_OF_MODELS = {"products", "spending_categories", "entropy_terms"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt understands of the project, if nothing of it deserves a warning."""
    settings = Settings(home=tmp_path_factory.mktemp("parsed"))
    with open_warehouse(settings):
        pass
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("DBT_WRITE_JSON", "true")
    run_dbt(settings, "parse", "--warn-error", "--no-partial-parse", subject="the project")
    monkeypatch.undo()
    path: Path = dbt_folder(settings) / "manifest.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _read_nodes(exposure: dict[str, Any]) -> set[str]:
    return {name.split(".")[-1] for name in exposure["depends_on"]["nodes"]}


def test_exposures_are_the_published_tables(manifest: dict[str, Any]) -> None:
    published = {
        name
        for title in re.findall(r"^### (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        for name in re.findall(r"`(\w+)`", title)
    }
    exposures = list(manifest["exposures"].values())
    assert {exposure["name"] for exposure in exposures} == published
    assert len(exposures) == len(published) >= 11
    for exposure in exposures:
        assert exposure["maturity"] in ("high", "medium"), exposure["name"]
        assert exposure["owner"]["name"] == "creditloop maintainers", exposure["name"]
        assert re.match(r"One row(:| per )", exposure["description"]), exposure["name"]


def test_exposures_name_what_is_read_for_them(manifest: dict[str, Any]) -> None:
    read = {exposure["name"]: _read_nodes(exposure) for exposure in manifest["exposures"].values()}
    for table in REFERENCE_TABLES:
        assert read[table] == {table}
    with CATALOG.open(encoding="utf-8", newline="") as file:
        catalogued = {row["mart"] for row in csv.DictReader(file)}
    assert catalogued | {"dim_user_night"} == set(MARTS)
    for table in read.keys() - set(REFERENCE_TABLES):
        assert set(MARTS) <= read[table] <= {*MARTS, *REFERENCE_TABLES}, table


def test_every_seed_reaches_a_reader(manifest: dict[str, Any]) -> None:
    read = set[str]().union(*map(_read_nodes, manifest["exposures"].values()))
    seeds = {path.stem for path in (DBT_PROJECT / "seeds").glob("*.csv")}
    assert seeds - SEEDS_OF_MODELS <= read


def test_picture_is_drawn_from_what_dbt_understands(manifest: dict[str, Any]) -> None:
    models = {
        node["name"]: {
            "raw." + name.split(".")[-1] if ".pending." in name else ".".join(name.split(".")[2:])
            for name in node["depends_on"]["nodes"]
            if not name.startswith(("seed.", "source.creditloop.ops."))
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    assert read_models(DBT_PROJECT) == {
        # The picture leaves out that staged rows wait for their user.
        name: reads - {"stg_users"} if name.startswith("stg_") else reads
        for name, reads in models.items()
    }
