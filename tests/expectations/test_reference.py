"""The marts gate asks the reference about a few users; damage to one value closes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from expectations.gate import GateResult, check_marts, run_gate
from expectations.reference import OFF
from expectations.suite import Suite, load_suite
from scoring.errors import GateClosedError
from scoring.marts.build import build_nights
from scoring.marts.records import MARTS
from scoring.nights import Night
from scoring.reference import agreement
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.expectations.damage import BY_THE_REFERENCE
from tests.scoring.marts.raw_world import RawWorld
from tests.scoring.marts.small_world import MARCH, SPENDER, WITHDRAWN, land_small_world
from tests.scoring.marts.warehouses import NIGHTS, make_settings, small_warehouse

NIGHT = NIGHTS[-1]
OF_NIGHT = f"as_of_date = date '{MARCH}' and known_on = date '{MARCH}'"
SPENDING = "marts.fct_user_spending_daily"


def suite() -> Suite:
    """The two expectations alone: a world of 16 users breaks others."""
    whole = load_suite("marts")
    chosen = tuple(entry for entry in whole.expectations if entry.needs_reference)
    return Suite(gate="marts", description="The reference.", expectations=chosen)


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Settings:
    """A copy of the small world that a test may change."""
    built = small_warehouse(tmp_path_factory.getbasetemp())
    shutil.copytree(built.root, tmp_path / "home")
    return make_settings(tmp_path / "home")


def change(settings: Settings, statement: str) -> None:
    with open_warehouse(settings) as connection:
        connection.execute(statement)


def observe(result: GateResult) -> dict[str, tuple[str, str]]:
    """Check -> state and observation."""
    return {item.check.name: (item.state, item.observed) for item in result.results}


def failed(result: GateResult) -> dict[str, str]:
    return {name: text for name, (state, text) in observe(result).items() if state == "failed"}


def test_these_are_all_that_ask_the_reference() -> None:
    assert {entry.id for entry in suite().expectations} == BY_THE_REFERENCE
    assert {entry.severity for entry in suite().expectations} == {"stop"}


@pytest.mark.parametrize("night", NIGHTS, ids=lambda night: str(night.as_of_date))
def test_gate_opens_where_marts_and_reference_agree(small: Settings, night: Night) -> None:
    result = run_gate(small, night, suite())
    assert result.is_open
    states = observe(result)
    assert set(states) == {f"reference_agrees[{mart}]" for mart in MARTS} | {
        "reference_compares_every_feature"
    }
    with open_warehouse(small) as connection:
        (users,) = connection.execute(
            "select count(*) from marts.dim_user_night where as_of_date = ?", [night.as_of_date]
        ).fetchone() or (0,)
    assert states["reference_compares_every_feature"] == ("passed", str(users))


@pytest.mark.parametrize(
    ("feature", "mart"),
    [
        ("spend_amount_90d", "fct_user_spending_daily"),
        ("on_time_ratio_365d", "fct_user_repayment_daily"),
        ("dispute_open_count", "fct_user_credit_history_daily"),
        ("product_count", "fct_user_product_linkage_daily"),
    ],
)
def test_one_altered_value_of_one_user_closes_the_gate(
    small: Settings, feature: str, mart: str
) -> None:
    altered = f"update marts.{mart} set {feature} = coalesce({feature}, 0) + 1 where {OF_NIGHT}"
    change(small, f"{altered} and user_key = {SPENDER}")
    result = run_gate(small, NIGHT, suite())
    assert not result.is_open
    assert failed(result) == {f"reference_agrees[{mart}]": f"{feature} 1"}


def test_features_without_consent_are_compared_too(small: Settings) -> None:
    change(small, f"update {SPENDING} set spend_count_90d = spend_count_90d + 1 where {OF_NIGHT}")
    (text,) = failed(run_gate(small, NIGHT, suite())).values()
    with open_warehouse(small) as connection:
        counts = connection.execute(
            "select count(*), count(*) filter (where not has_scoring_consent)"
            f" from marts.dim_user_night where {OF_NIGHT}"
        ).fetchone()
    assert counts is not None
    assert counts[1] > 0
    assert text == f"spend_count_90d {counts[0]}"


def test_altered_consent_closes_the_gate(small: Settings) -> None:
    change(
        small,
        "update marts.dim_user_night set has_scoring_consent = not has_scoring_consent"
        f" where {OF_NIGHT} and user_key = {SPENDER}",
    )
    result = failed(run_gate(small, NIGHT, suite()))
    assert result == {"reference_agrees[dim_user_night]": "has_scoring_consent 1"}


def test_missing_and_needless_users_close_the_gate(small: Settings) -> None:
    change(small, f"delete from {SPENDING} where {OF_NIGHT} and user_key = {SPENDER}")
    change(
        small,
        f"insert into {SPENDING} select * replace ({WITHDRAWN} as user_key) from {SPENDING}"
        f" where {OF_NIGHT} limit 1",
    )
    result = failed(run_gate(small, NIGHT, suite()))
    assert result == {"reference_agrees[fct_user_spending_daily]": "user_key 2"}


def test_a_feature_that_the_reference_does_not_know_closes_the_gate(small: Settings) -> None:
    change(small, f"alter table {SPENDING} add column spend_guess_count bigint")
    result = failed(run_gate(small, NIGHT, suite()))
    assert list(result) == ["reference_agrees[fct_user_spending_daily]"]
    assert result["reference_agrees[fct_user_spending_daily]"].startswith("spend_guess_count ")


@pytest.mark.parametrize(
    "statement",
    [
        f"alter table {SPENDING} drop column refund_ratio_180d",
        f"delete from {SPENDING} where {OF_NIGHT}",
        "delete from marts.feature_catalog",
        "delete from ops.batches where feed = 'users'",
    ],
    ids=["feature gone", "mart empty", "catalogue empty", "nobody listed"],
)
def test_agreement_about_less_than_everything_closes_the_gate(
    small: Settings, statement: str
) -> None:
    change(small, statement)
    result = failed(run_gate(small, NIGHT, suite()))
    assert result["reference_compares_every_feature"] == "0"


def test_gate_says_so_when_the_reference_is_switched_off(small: Settings) -> None:
    change(small, f"update {SPENDING} set spend_count_90d = 77 where {OF_NIGHT}")
    off = small.model_copy(update={"reference_users": 0})
    result = run_gate(off, NIGHT, suite())
    assert result.is_open
    assert set(observe(result).values()) == {("passed", OFF)}
    assert OFF == "switched off: CREDITLOOP_REFERENCE_USERS is 0"
    assert OFF in result.page.read_text("utf-8")


def test_only_so_many_users_are_compared(small: Settings) -> None:
    few = small.model_copy(update={"reference_users": 3})
    result = observe(run_gate(few, NIGHT, suite()))
    assert result["reference_compares_every_feature"] == ("passed", "3")


def test_an_error_inside_closes_the_gate_and_tells_no_value(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: object) -> None:
        raise KeyError(987654321)

    monkeypatch.setattr(agreement, "compute_features", break_down)
    with pytest.raises(GateClosedError) as raised:
        check_marts(small, NIGHT)
    result = run_gate(small, NIGHT, suite())
    assert not result.is_open
    for state, text in observe(result).values():
        assert state == "errored"
        assert text.startswith("KeyError in test_reference.py, line ")
    assert "987654321" not in str(raised.value) + result.page.read_text("utf-8")


def test_a_missing_raw_file_closes_the_gate(small: Settings) -> None:
    next((small.raw / "transactions").rglob("*.parquet")).unlink()
    result = run_gate(small, NIGHT, suite())
    states = {state for state, _ in observe(result).values()}
    assert (result.is_open, states) == (False, {"errored"})


def test_a_missing_minimum_ratio_closes_the_gate(small: Settings) -> None:
    result = run_gate(small.model_copy(update={"minimum_due_ratio": None}), NIGHT, suite())
    (observed,) = set(observe(result).values())
    assert observed[0] == "errored"
    assert observed[1].startswith(
        "reference not computed for marts@2025-03-31: expected CREDITLOOP_MINIMUM_DUE_RATIO"
    )


def test_no_user_key_or_value_is_told(small: Settings) -> None:
    change(
        small,
        f"update {SPENDING} set spend_amount_90d = 4321.99, user_key = 987654321"
        f" where {OF_NIGHT} and user_key = {SPENDER}",
    )
    result = run_gate(small, NIGHT, suite())
    shown = result.page.read_text("utf-8") + str(observe(result))
    assert not result.is_open
    assert "4321" not in shown
    assert "987654321" not in shown


@pytest.mark.slow
def test_time_zone_and_grace_come_from_the_settings(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "home").model_copy(
        update={"business_timezone": "America/New_York", "due_grace_days": 3}
    )
    land_small_world(RawWorld(settings))
    build_nights(settings, NIGHTS)
    assert run_gate(settings, NIGHT, suite()).is_open
    # The same marts, read as if the zone were another one.
    shanghai = settings.model_copy(update={"business_timezone": "Asia/Shanghai"})
    assert "reference_agrees[fct_user_spending_daily]" in failed(run_gate(shanghai, NIGHT, suite()))
    strict = settings.model_copy(update={"due_grace_days": 0})
    assert failed(run_gate(strict, NIGHT, suite()))
