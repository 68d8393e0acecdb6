"""The life of a card as a risk modeller types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scoring.cli.main import app
from scoring.errors import ConfigurationError
from tests.scoring.releases.deployments import write_card


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CREDITLOOP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_life_of_a_card(home: Path, tmp_path: Path) -> None:
    path = write_card(tmp_path / "new", "demo_v2")
    assert run("card", "register", str(path)) == "demo_v2 is draft\n"
    why = ("--reason", "ranks better", "--by", "the committee", "--from", "2025-01-01")
    assert run("card", "promote", "demo_v2", "--to", "challenger", *why) == (
        "demo_v2 is challenger from 2025-01-01 on\n"
    )
    assert run("card", "promote", "demo_v2", "--to", "champion", *why) == (
        "demo_v2 is champion from 2025-01-01 on; expert_v1 is retired\n"
    )
    rows = json.loads(run("card", "list", "--json"))
    assert [(row["card_id"], row["state"], row["since"], row["report"]) for row in rows] == [
        ("expert_v1", "retired", "2025-01-01", "ok"),
        ("demo_v2", "champion", "2025-01-01", "ok"),
    ]
    assert {row["decided_by"] for row in rows} == {"the committee"}
    assert run("card", "rollback", *why) == (
        "expert_v1 is champion from 2025-01-01 on; demo_v2 is retired\n"
    )
    table = run("card", "list")
    for text in ("expert_v1", "champion", "demo_v2", "retired", "since night", "ranks better"):
        assert text in table


@pytest.mark.parametrize(
    "arguments",
    [
        ("promote", "demo_v2", "--to", "champion"),
        ("rollback",),
        ("retire", "demo_v2", "--reason", "  "),
    ],
)
def test_decision_without_a_reason_is_refused(home: Path, arguments: tuple[str, ...]) -> None:
    expected = rf"^option refused for card {arguments[0]}: expected --reason TEXT beside it"
    with pytest.raises(ConfigurationError, match=expected):
        run("card", *arguments)


def test_compare_of_a_table_as_json_and_as_a_page(home: Path, tmp_path: Path) -> None:
    path = write_card(tmp_path / "new", "demo_v2", base_points=610)
    table = tmp_path / "users.csv"
    table.write_text(
        "evidence_days,late_payment_count_365d,payment_ratio_180d,spend_amount_90d,"
        "revolving_utilisation_ratio,bad\n20,0,0.75,250,0.5,0\n20,5,0.75,250,0.5,1\n",
        encoding="utf-8",
    )
    other = write_card(tmp_path / "new", "demo_v3")
    asked = ("card", "compare", str(path), str(other), "--data", str(table), "--target", "bad")
    found = json.loads(run(*asked, "--json"))
    assert found["first"]["separation"]["auc"] == 1.0
    assert found["migration"][1][0] == 1  # 553 with the first card, 543 with the second
    page = run(*asked)
    assert "demo_v2 (in use) and demo_v3 on users.csv: 2 users, 2 scored by both" in page
    assert "Swap sets at equal acceptance: users (bad)" in page
    done = CliRunner().invoke(app, [*asked, "--date", "2025-01-01"])
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("ingest", r"^card refused for demo_v9: expected a registered card \(expert_v1\)"),
        (
            "publish",
            r"^option refused for --card: expected a start at score or before it .*, got --from-st",
        ),
    ],
)
def test_card_asked_for_is_checked_before_the_night(home: Path, step: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run("nightly", "--date", "2025-01-01", "--card", "demo_v9", "--from-step", step)
