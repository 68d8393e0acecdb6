"""``creditloop card train|show|score`` as a user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from scoring.cli.main import app
from scoring.errors import ConfigurationError, CreditloopError, DataRefusedError
from tests.scoring.training.tables import made_table

LIBRARIES = (
    "optbinning", "sklearn", "scipy", "lightgbm", "ortools", "matplotlib", "statsmodels",
)  # fmt: skip
TRAIN = ("card", "train", "--data", "made.parquet", "--target", "y", "--id", "id")
QUICK = ("--exclude", "day", "--set", "maximum_prebins=6", "--seed", "3")
MADE = made_table(1500)


@pytest.fixture(autouse=True)
def _made_file(tmp_path: Path) -> None:
    pq.write_table(MADE, tmp_path / "made.parquet")


@pytest.fixture(scope="module")
def card_text(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("card")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        pq.write_table(MADE, folder / "made.parquet")
        run(*TRAIN, *QUICK, "--out", "made_v1.json")
        yield (folder / "made_v1.json").read_text(encoding="utf-8")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_trained_card_is_written_with_its_report(tmp_path: Path, card_text: str) -> None:
    said = run(*TRAIN, *QUICK, "--out", "made_v1.json", "--report", "found")
    assert "held_out" in said
    assert "1 no candidate" in said
    assert (tmp_path / "made_v1.json").read_text(encoding="utf-8") == card_text
    found = json.loads((tmp_path / "found" / "made_v1.training.json").read_text("utf-8"))
    assert found["card_hash"] == json.loads(card_text)["hash"]
    assert {fate["feature_name"] for fate in found["screening"]} == {
        "day", "income", "late", "noise",
    }  # fmt: skip
    assert (tmp_path / "found" / "made_v1.training.txt").is_file()


def test_answer_can_be_json() -> None:
    answer = json.loads(run(*TRAIN, *QUICK, "--out", "made_v1.json", "--json"))
    assert answer["card_id"] == "made_v1"
    assert answer["parameters"]["seed"] == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("--out", "made.json"), ConfigurationError, r"--out: expected a file called name_vN"),
        (("--set", "luck=1"), ConfigurationError, r"parameter refused for luck"),
        (("--set", "luck"), ConfigurationError, r"option refused for --set: expected NAME=VALUE"),
        (("--special", "late=x"), ConfigurationError, r"for --special: expected COLUMN=NUMBER"),
        (("--exclude", "shoes"), DataRefusedError, r"the named columns; .*, got no shoes"),
        (("--data", "gone.csv"), ConfigurationError, r"gone\.csv: expected a file, got none"),
        (("--data", "made.xls"), ConfigurationError, r"expected a name ending in \.parquet \|"),
    ],
)
def test_wrong_option_is_refused(
    arguments: tuple[str, ...], error: type[CreditloopError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(*TRAIN, *QUICK, *arguments)


def test_table_needs_a_target_and_target_needs_a_table() -> None:
    with pytest.raises(ConfigurationError, match=r"--target: expected the column that holds"):
        run("card", "train", "--data", "made.parquet")
    with pytest.raises(ConfigurationError, match=r"expected --data F beside them, got no --data"):
        run("card", "train", "--target", "y")


def test_warehouse_that_is_not_built_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDITLOOP_HOME", str(tmp_path / "home"))
    with pytest.raises(CreditloopError, match=r"expected the credit ledger of a built night"):
        run("card", "train", "--out", "wide_v1.json")


def test_another_card_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "made_v1.json").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"A card never changes: choose the next version"):
        run(*TRAIN, *QUICK, "--out", "made_v1.json")
    assert (tmp_path / "made_v1.json").read_text(encoding="utf-8") == "mine"


def test_shown_card_can_be_added_up_by_hand(tmp_path: Path, card_text: str) -> None:
    (tmp_path / "made_v1.json").write_text(card_text, encoding="utf-8")
    said = run("card", "show", "made_v1.json")
    assert f"score = {json.loads(card_text)['base_points']} + points below" in said
    assert "income (table, increasing)" in said
    assert json.loads(run("card", "show", "made_v1.json", "--json")) == json.loads(card_text)


@pytest.mark.parametrize("name", ["scored.parquet", "scored.csv", "scored.csv.gz"])
def test_scored_file_keeps_rows_and_their_order(tmp_path: Path, card_text: str, name: str) -> None:
    (tmp_path / "made_v1.json").write_text(card_text, encoding="utf-8")
    run("card", "score", "--card", "made_v1.json", "--data", "made.parquet", "--out", name)
    path = tmp_path / name
    scored = pq.read_table(path) if name.endswith("parquet") else pa_csv.read_csv(path)
    assert scored.column("id").to_pylist() == MADE.column("id").to_pylist()
    rows = scored.slice(0, 50).to_pylist()
    for row in rows:
        points = row["points_base"] + row["points_income"] + row["points_late"]
        points += row.get("points_noise", 0) + row["points_clipped"]
        assert points == row["score"]
        assert 0 < row["pd"] < 1
    assert {row["reason_1"] for row in rows} <= {
        "INCOME", "INCOME_MISSING", "LATE", "NOISE", None, "",
    }  # fmt: skip


def test_scoring_and_showing_import_no_training_library(tmp_path: Path, card_text: str) -> None:
    (tmp_path / "made_v1.json").write_text(card_text, encoding="utf-8")
    script = f"""
import sys
for name in {LIBRARIES!r}:
    sys.modules[name] = None
from scoring.cli.main import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
assert not any(name.startswith("scoring.training") for name in sys.modules)
"""
    for arguments in (
        ("card", "show", "made_v1.json"),
        ("card", "score", "--card", "made_v1.json", "--data", "made.parquet", "--out", "s.csv"),
    ):
        root = Path(__file__).parents[3]
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optbinning", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'creditloop\[train\]'"):
        run(*TRAIN, *QUICK, "--out", "made_v1.json")


def test_csv_and_parquet_give_the_same_card(tmp_path: Path, card_text: str) -> None:
    # Dates are no features here, and the name of the file is part of the card.
    folder = tmp_path / "as_csv"
    folder.mkdir()
    pa_csv.write_csv(MADE, folder / "made.csv")
    run("card", "train", "--data", str(folder / "made.csv"), *TRAIN[4:], *QUICK, "--out",
        str(folder / "made_v1.json"))  # fmt: skip
    other = json.loads((folder / "made_v1.json").read_text(encoding="utf-8"))
    card = json.loads(card_text)
    assert other["features"] == card["features"]
    assert other["training"]["data"]["content_hash"] == card["training"]["data"]["content_hash"]


def test_nan_means_missing(tmp_path: Path, card_text: str) -> None:
    (tmp_path / "made_v1.json").write_text(card_text, encoding="utf-8")
    table = pa.table({"income": [float("nan")], "late": [0], "noise": [0.0]})
    pq.write_table(table, tmp_path / "nan.parquet")
    run("card", "score", "--card", "made_v1.json", "--data", "nan.parquet", "--out", "s.parquet")
    (row,) = pq.read_table(tmp_path / "s.parquet").to_pylist()
    features = {entry["feature_name"]: entry for entry in json.loads(card_text)["features"]}
    assert row["points_income"] == features["income"]["missing"]["points"]
