"""The whole way: train on a warehouse, report, register, promote."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from scoring.cards.loader import load_card, read_catalog_seed
from scoring.cards.report_seal import read_report_seal
from scoring.cli.main import app
from scoring.errors import ConfigurationError
from scoring.settings import Settings
from scoring.validation.case import WHOLE
from scoring.validation.on_file import case_of_file
from scoring.validation.options import ReportOptions
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.scoring.training.ledgers import USERS
from tests.scoring.training.tables import made_table, with_column
from tests.scoring.training.test_warehouse import DAYS, NIGHT, PEOPLE, fill_warehouse

QUICK = ("--set", "maximum_prebins=6", "--set", "out_of_time_share=0.3")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def fill_people(settings: Settings) -> None:
    """Months on book, and the feed ``users`` as it was landed: sent again, withdrawn, later."""
    people = PEOPLE * len(DAYS)
    random = np.random.default_rng(8)
    users = pa.table(
        {
            "user_key": np.arange(people),
            "gender": random.choice(["female", "male"], people).tolist(),
            "birth_year": random.integers(1950, 2005, people),
            "region_code": random.choice(["R01", "R02"], people).tolist(),
            "occupation_code": pa.nulls(people, pa.string()),
        }
    )
    with open_warehouse(settings) as connection:
        connection.execute(f"alter table marts.{USERS} add column months_on_book bigint")
        connection.execute(f"update marts.{USERS} set months_on_book = user_key % 30")
        connection.register("people", users)
        connection.execute("create schema if not exists raw")
        connection.execute(
            "create table raw.users as select *, false as is_deleted, date '2023-01-01' as"
            " batch_date from people"
        )
        # What became known after the labels is not looked at.
        connection.execute(
            "insert into raw.users select * replace (date '2030-01-01' as batch_date,"
            " 'other' as gender) from raw.users"
        )
        connection.unregister("people")


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CREDITLOOP_HOME", str(settings.home))
    monkeypatch.setenv("CREDITLOOP_IDENTITY_KEY", TEST_KEY)
    fill_warehouse(settings)
    fill_people(settings)
    return settings


def test_card_is_trained_reported_registered_and_promoted(home: Settings, tmp_path: Path) -> None:
    said = run("card", "train", *QUICK, "--out", "wide_v1.json", "--report", "found")
    assert "creditloop card register found/wide_v1.json" in said
    folder = tmp_path / "found"
    assert (folder / "wide_v1.json").read_bytes() == (tmp_path / "wide_v1.json").read_bytes()
    page = (folder / "wide_v1.report.html").read_text(encoding="utf-8")
    for words in (
        "90 or more days past due on any day of the window",
        *(str(day) for day in DAYS),
        f"as of {NIGHT}, known on {NIGHT}",
        "Strength of evidence",
        "Months on book",
        ">female<",
        ">1980 to 1989<",
        ">R02<",
    ):
        assert words in page
    assert ">other<" not in page
    assert "Occupation" not in page

    run("card", "register", "found/wide_v1.json")
    day = ("--from", str(date(2024, 7, 16)), "--reason", "it ranks better")
    run("card", "promote", "wide_v1", "--to", "challenger", *day)
    said = run("card", "promote", "wide_v1", "--to", "champion", *day)
    assert said.startswith("wide_v1 is champion from 2024-07-16 on; expert_v1 is retired")
    (row,) = (
        row for row in json.loads(run("card", "list", "--json")) if row["card_id"] == "wide_v1"
    )
    assert (row["state"], row["report"]) == ("champion", "ok")

    # The finished card, judged again on the labels of its training, has the same parts.
    run("card", "report", "found/wide_v1.json", "--out", "again")
    again = (tmp_path / "again" / "wide_v1.report.html").read_text(encoding="utf-8")
    assert "out-of-time</th>" in again
    assert page.partition('<div class="tiles">')[2].partition("</div>\n\n")[0] in again
    card = load_card(tmp_path / "again" / "wide_v1.json", read_catalog_seed())
    assert read_report_seal(card, tmp_path / "again").card_hash == card.hash


def test_card_without_the_report_stays_challenger(home: Settings) -> None:
    run("card", "train", *QUICK, "--out", "wide_v1.json")
    run("card", "register", "wide_v1.json")
    day = ("--from", "2024-07-16", "--reason", "it ranks better")
    run("card", "promote", "wide_v1", "--to", "challenger", *day)
    with pytest.raises(ConfigurationError, match=r"expected a validation report with its seal"):
        run("card", "promote", "wide_v1", "--to", "champion", *day)


def test_expert_card_is_judged_on_the_warehouse(home: Settings, tmp_path: Path) -> None:
    card = Path(__file__).parents[3] / "scoring" / "cards" / "expert_v1.json"
    run("card", "report", str(card), "--out", "expert")
    page = (tmp_path / "expert" / "expert_v1.report.html").read_text(encoding="utf-8")
    assert "The points are expert judgement" in page
    assert "new-data" in page


MADE = with_column(made_table(1200), "gender", ["female", "male", "male"] * 400)
TRAIN = (
    "card", "train", "--data", "made.parquet", "--target", "y", "--id", "id", "--exclude", "day",
    "--set", "maximum_prebins=6", "--out", "made_v1.json",
)  # fmt: skip


def test_report_of_a_finished_card_on_its_own_and_on_new_rows(tmp_path: Path) -> None:
    pq.write_table(MADE, tmp_path / "made.parquet")
    pq.write_table(MADE.slice(0, 700), tmp_path / "new.parquet")
    run(*TRAIN, "--protected", "gender", "--report", "found")
    content = json.loads((tmp_path / "made_v1.json").read_text(encoding="utf-8"))
    assert "gender" not in content["training"]["columns"]
    page = (tmp_path / "found" / "made_v1.report.html").read_text(encoding="utf-8")
    assert ">female<" in page

    card = load_card(tmp_path / "made_v1.json", {}, any_source=True)
    own = case_of_file(card, tmp_path / "made.parquet", ReportOptions())
    assert list(own.parts) == ["training", "held_out"]
    assert {part: rows.size for part, rows in own.parts.items()} == {
        part: entry["rows"] for part, entry in content["training"]["data"]["split"].items()
    }
    new = case_of_file(card, tmp_path / "new.parquet", ReportOptions())
    assert list(new.parts) == [WHOLE]
    run("card", "report", "made_v1.json", "--data", "new.parquet", "--protected", "gender")
    assert read_report_seal(card, tmp_path).report == "made_v1.report.html"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*TRAIN, "--protected", "gender"), r"expected --report DIR beside them"),
        ((*TRAIN, "--report", "found", "--segment", "shoes"), r"grouping refused for shoes"),
        (("card", "train", "--protected", "gender", "--report", "found"), r"--data F beside them"),
    ],
)
def test_wrong_option_is_refused(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    pq.write_table(MADE, tmp_path / "made.parquet")
    with pytest.raises(ConfigurationError, match=message):
        run(*arguments)
