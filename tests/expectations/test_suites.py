from __future__ import annotations

from pathlib import Path

import pytest

from expectations.gate import make_scope
from expectations.plan import plan_checks
from expectations.runner import run_checks
from expectations.suite import GATES, Gate, load_suite
from scoring.errors import ConfigurationError
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.expectations.damage import BY_THE_REFERENCE, DAMAGE, Damage
from tests.expectations.night_tables import NIGHT

CASES = [
    pytest.param(gate, entry, damage, id=f"{gate}-{entry}-{number}")
    for gate, entries in DAMAGE.items()
    for entry, damages in entries.items()
    for number, damage in enumerate(damages)
]


@pytest.mark.parametrize("gate", GATES)
def test_damage_covers_every_expectation(gate: Gate) -> None:
    elsewhere = BY_THE_REFERENCE if gate == "marts" else set()
    expected = set(DAMAGE[gate]) | elsewhere
    assert {entry.id for entry in load_suite(gate).expectations} == expected


@pytest.mark.parametrize(("gate", "entry_id", "damage"), CASES)
def test_expectation_fails_on_its_damage(
    night_settings: Settings, gate: Gate, entry_id: str, damage: Damage
) -> None:
    (entry,) = [entry for entry in load_suite(gate).expectations if entry.id == entry_id]
    with open_warehouse(night_settings) as connection:
        damage.change(connection, night_settings)
        scope = make_scope(night_settings, connection, NIGHT, gate)
        results = run_checks(connection, plan_checks(connection, (entry,), scope))
    failed = {item.check.name: item for item in results if item.state == "failed"}
    assert [item.observed for item in results if item.state == "errored"] == []
    name = damage.result or entry_id
    assert name in failed, [(item.check.name, item.observed) for item in results]
    assert failed[name].observed.startswith(damage.observed)


@pytest.mark.parametrize("gate", GATES)
def test_reasons_are_written_and_every_stop_has_one(gate: Gate) -> None:
    suite = load_suite(gate)
    assert {entry.severity for entry in suite.expectations} == {"stop", "warn"}
    assert all(entry.reason.endswith((".", '".')) for entry in suite.expectations)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("severity: stop", "severity: loud"), "severity: Input should be 'stop' or 'warn'"),
        (("id: same_users", "id: rows_present"), "ids used twice: rows_present"),
        (("severity: stop", "severity: stop\n    colour: red"), "colour: Extra inputs"),
        (("expectation: expect_", "expectation: hope_"), "expectation: String should match"),
        (("gate: scores", "gate: scores\n- x"), "got ParserError"),
    ],
)
def test_load_suite_refuses_a_broken_file(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    source = Path("expectations/suites/scores.yml")
    folder = Path(__file__).parents[2] / source.parent
    text = (folder / "scores.yml").read_text(encoding="utf-8").replace(*change, 1)
    (tmp_path / "scores.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"suite refused for scores.yml: .*{message}"):
        load_suite("scores", tmp_path)


def test_load_suite_refuses_an_unknown_gate() -> None:
    with pytest.raises(ConfigurationError, match=r"expected landing \| marts \| scores, got doors"):
        load_suite("doors")
