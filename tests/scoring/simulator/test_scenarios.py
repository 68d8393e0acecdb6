"""Scenarios as files: they keep the landing contract, are written alike, and cover every theme."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from pydantic import ValidationError

from scoring.errors import ConfigurationError
from scoring.landing.contract import load_feeds
from scoring.landing.ingest import ingest_range
from scoring.settings import Settings
from scoring.simulator.batches import FILE_FORMATS, FileFormat
from scoring.simulator.scenarios.documents import render_scenarios_page
from scoring.simulator.scenarios.landing import write_scenario, write_scenarios
from scoring.simulator.scenarios.rows import is_withdrawal
from scoring.simulator.scenarios.scenario import (
    SCENARIOS_FOLDER,
    THEMES,
    Scenario,
    load_scenario,
    scenario_names,
)
from scoring.warehouse.store import open_warehouse
from tests.scoring.simulator.worlds import hash_tree

NAMES = scenario_names()


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_written(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    counted = Counter(feed for feed, _, _ in scenario.rows())
    assert write_scenario(scenario, tmp_path, "csv") == {
        feed: counted[feed] for feed in load_feeds()
    }


def test_every_row_is_ingested(settings: Settings) -> None:
    scenarios = [load_scenario(name) for name in NAMES]
    rows = sum(write_scenarios(scenarios, settings.landing, "csv").values())
    days = [day for scenario in scenarios for day in scenario.batch_dates]
    found = ingest_range(settings, min(days), max(days), run_id="scenarios").row_counts
    with open_warehouse(settings) as connection:
        refused = connection.execute("select feed, batch_date, rule from quality.quarantine")
        assert refused.fetchall() == []
    assert (found["rows_read"], found["rows_loaded"]) == (rows, rows)
    assert found["rows_held"] == 0
    assert "batches_refused" not in found


@pytest.mark.parametrize("name", NAMES)
def test_users_are_known_and_consent_before_anything_is_said_of_them(name: str) -> None:
    scenario = load_scenario(name)
    known: dict[str, Any] = {}
    consented = set()
    for feed, dt, row in scenario.rows():
        if feed == "users":
            known[row["user_id"]] = min(dt, known.get(row["user_id"], dt))
        if feed == "consents" and (row["purpose"], row["state"]) == ("credit_scoring", "granted"):
            consented.add(row["user_id"])
    assert consented == set(known)
    for feed, dt, row in scenario.rows():
        assert is_withdrawal(row) or known[row["user_id"]] <= dt, (feed, row)


def test_every_theme_is_covered() -> None:
    assert {load_scenario(name).theme for name in NAMES} == set(THEMES) == set(range(1, 14))


def test_ids_differ_between_scenarios() -> None:
    owners: dict[tuple[str, ...], set[str]] = {}
    for name in NAMES:
        for feed, _, row in load_scenario(name).rows():
            key = (feed, *(row[column] for column in load_feeds()[feed].key))
            owners.setdefault(key, set()).add(name)
    assert {key: names for key, names in owners.items() if len(names) > 1} == {}


def test_every_day_has_a_folder_with_its_totals(tmp_path: Path) -> None:
    scenario = load_scenario("refund-after-paid-bill")
    write_scenario(scenario, tmp_path, "csv")
    first, last = scenario.batch_dates
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert {path.name for path in tmp_path.iterdir()} == set(load_feeds())
    for feed in load_feeds():
        folders = sorted((tmp_path / feed).iterdir())
        assert [folder.name for folder in folders] == [f"dt={day}" for day in days]
    quiet = tmp_path / "loans" / f"dt={first}"
    assert [path.name for path in quiet.iterdir()] == ["_control.json"]
    assert json.loads((quiet / "_control.json").read_text()) == {"rows": 0}
    refund_day = tmp_path / "transactions" / "dt=2025-02-15"
    assert {path.name for path in refund_day.iterdir()} == {"_control.json", "part-000.csv"}
    # The purchase of 320.00 sent again as refunded, and its refund.
    assert json.loads((refund_day / "_control.json").read_text()) == {
        "rows": 2,
        "sums": {"amount": "640.00", "balance_after": "0.00"},
    }


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_writing_twice_gives_equal_bytes(tmp_path: Path, file_format: FileFormat) -> None:
    scenarios = [load_scenario(name) for name in ("due-day-inclusive", "withdrawn-record")]
    for name in ("first", "second"):
        write_scenarios(scenarios, tmp_path / name, file_format)
    assert hash_tree(tmp_path / "first") == hash_tree(tmp_path / "second")


def test_formats_hold_the_same_rows(tmp_path: Path, settings: Settings) -> None:
    """Times with an offset, an instalment, a closing and a withdrawal come through all of them."""
    scenarios = [
        load_scenario(name)
        for name in ("due-day-inclusive", "early-settlement", "withdrawn-record")
    ]
    found = []
    for file_format in FILE_FORMATS:
        home = settings.model_copy(update={"home": tmp_path / file_format})
        write_scenarios(scenarios, home.landing, file_format)
        first, last = scenarios[1].batch_dates
        ingest_range(home, first, last, run_id="formats")
        found.append(_read_raw(home))
    assert all(rows == found[0] for rows in found)
    assert sum(len(rows) for rows in found[0].values()) == sum(
        len(list(scenario.rows())) for scenario in scenarios
    )
    paid = {row["repayment_id"]: str(row["paid_at"]) for row in found[0]["repayments"]}
    assert paid["sc05-pa"] == "2025-02-09 15:59:00"
    assert paid["sc05-pc"] == "2025-02-09 16:30:00"


def _read_raw(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    found = {}
    with duckdb.connect() as connection:
        for feed in load_feeds():
            if not (settings.raw / feed).exists():
                continue
            result = connection.execute(
                f"from read_parquet('{settings.raw / feed}/**/*.parquet',"
                " hive_partitioning = false) order by all"
            )
            names = [column[0] for column in result.description]
            found[feed] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return found


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(
        ConfigurationError,
        match=r"^simulation refused for --out .*an absent or empty folder",
    ):
        write_scenario(load_scenario("third-party-payer"), tmp_path, "csv")
    with pytest.raises(ConfigurationError, match="an absent or empty folder, got a file"):
        write_scenario(load_scenario("third-party-payer"), tmp_path / "note.txt", "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("name", ["refund", "../scenario", ""])
def test_an_unknown_name_is_refused_with_the_names(name: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^scenario refused for --scenario: expected .*withdrawn-record, got {name}\. Name",
    ) as caught:
        load_scenario(name)
    assert caught.value.exit_code == 2
    assert all(known in caught.value.expected for known in NAMES)


LOAN = "loan_id: l, user_id: u, product: jiebei, principal: {}"
BROKEN_ROWS = {
    "unknown feed": ("bills", "user_id: u", "expected a feed of users"),
    "unknown column": ("users", "user_id: u, age: 3", "got 'age'"),
    "missing column": ("statements", "statement_id: s", "a value of 'amount_due', got none"),
    "missing key": ("statements", "is_deleted: true", "a value of 'statement_id', got none"),
    "no number": ("loans", LOAN.format("ten"), "loans.principal: expected a number, got 'ten'"),
    "too fine": ("loans", LOAN.format("1.005"), "expected at most 2 decimals, got '1.005'"),
    "no date": ("users", "user_id: u, registered_at: soon", "users.registered_at: .*'soon'"),
    "no boolean": ("users", "user_id: u, is_deleted: maybe", "expected true or false, got 'maybe'"),
    "not allowed": ("loans", LOAN.format("1, decision: maybe"), "expected accepted . rejected"),
    "no value": ("users", "user_id: null", "valid string"),
}
BROKEN_OUTCOMES = {
    "unknown id": ("features: {v: {spend_count_7d: 0}}", "id that is landed, got features 'v'"),
    "sum": (
        "installments: {l#1: {due: 9, paid: 1, outstanding: 7, dpd: 0, status: open}}",
        "got 8",
    ),
    "status": ("accounts: {a: {status: open, credit_limit: 1}}", "'active', 'frozen' or 'closed'"),
    "unknown kind": ("bills: {s: absent}", "Extra inputs are not permitted"),
}


def _load_broken(folder: Path, rows: str, outcome: str) -> Scenario:
    (folder / "broken.yml").write_text(
        "{title: t, question: {zh: q, en: q}, theme: 1, about: a, "
        f"feeds: {rows}, expected: [{{as_of: 2025-02-10, {outcome}}}]}}",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scoring.simulator.scenarios.scenario.SCENARIOS_FOLDER", folder)
        return load_scenario("broken")


def test_a_night_is_known_on_its_own_evening(tmp_path: Path) -> None:
    scenario = _load_broken(tmp_path, "{users: {2025-02-01: [{user_id: u}]}}", "why: short")
    assert scenario.expected[0].night == (date(2025, 2, 10), date(2025, 2, 10))


@pytest.mark.parametrize("case", BROKEN_ROWS)
def test_a_row_that_breaks_the_contract_is_not_loaded(case: str, tmp_path: Path) -> None:
    feed, row, message = BROKEN_ROWS[case]
    with pytest.raises(ValidationError, match=message):
        _load_broken(tmp_path, f"{{{feed}: {{2025-02-01: [{{{row}}}]}}}}", "why: none")


@pytest.mark.parametrize("case", BROKEN_OUTCOMES)
def test_an_outcome_that_cannot_be_is_not_loaded(case: str, tmp_path: Path) -> None:
    outcome, message = BROKEN_OUTCOMES[case]
    with pytest.raises(ValidationError, match=message):
        _load_broken(tmp_path, "{users: {2025-02-01: [{user_id: u}]}}", outcome)


def test_amounts_are_read_as_written() -> None:
    """No binary fraction on the way: 1009.58 is 1009.58."""
    scenario = load_scenario("minimum-carried")
    (record,) = [
        item.records()["statements", "sc07-s3"]
        for item in scenario.expected
        if str(item.as_of) == "2025-04-10"
    ]
    assert record is not None
    assert record["due"] == Decimal("1009.58")


def test_files_say_nothing_twice() -> None:
    """A key that is repeated in YAML would silently win over the first."""
    for name in NAMES:
        text = (SCENARIOS_FOLDER / f"{name}.yml").read_text(encoding="utf-8")
        _check_keys(yaml.compose(text, yaml.BaseLoader))


def _check_keys(node: yaml.Node | None) -> None:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        assert len(set(keys)) == len(keys), (node.start_mark.line, keys)
        for _, value in node.value:
            _check_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value)


def test_scenarios_page_names_every_scenario_and_gap() -> None:
    page = render_scenarios_page()
    for name in NAMES:
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        scenario = load_scenario(name)
        assert section.count("\n| 20") == len(scenario.expected)
        for item in scenario.expected:
            assert item.known_gap in section
