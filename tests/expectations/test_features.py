from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from expectations import features
from expectations.features import Window, expand_facts, list_conditions, read_features
from expectations.gate import make_scope
from expectations.plan import Check, plan_checks
from expectations.suite import load_suite
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.expectations.broken_facts import BROKEN_FACTS
from tests.expectations.night_tables import NIGHT, USERS

SUITE = {entry.id: entry for entry in load_suite("marts").expectations}
MART_OF = {feature.name: feature.mart for feature in read_features()}
MARTS = sorted(set(MART_OF.values()))


def plan(connection: duckdb.DuckDBPyConnection, settings: Settings, entry_id: str) -> list[Check]:
    scope = make_scope(settings, connection, NIGHT, "marts")
    return plan_checks(connection, (SUITE[entry_id],), scope)


def count_broken(
    connection: duckdb.DuckDBPyConnection, check: Check, assignment: str | None = None
) -> dict[str, int]:
    """Part of a check -> rows that break it, after one assignment that is taken back."""
    connection.execute("begin")
    if assignment is not None:
        mart = MART_OF[assignment.split(" = ")[0].strip('"')]
        connection.execute(f"update marts.{mart} set {assignment}")
    result = connection.execute(check.batch)
    names = [column[0] for column in result.description]
    (row,) = result.fetchall()
    connection.execute("rollback")
    return dict(zip(names, row, strict=True))


def test_every_feature_has_a_range_and_breaks_it(night_settings: Settings) -> None:
    watched = set()
    with open_warehouse(night_settings) as connection:
        for check in plan(connection, night_settings, "values_in_range"):
            assert set(count_broken(connection, check).values()) == {0}
            lower = ", ".join(f"{name} = -1" for name in check.parts)
            assert set(count_broken(connection, check, lower).values()) == {USERS}
            watched |= set(check.parts)
    assert watched == set(MART_OF)
    assert len(watched) >= 203


def test_every_feature_that_is_never_empty_must_be_known(night_settings: Settings) -> None:
    watched = set()
    with open_warehouse(night_settings) as connection:
        for check in plan(connection, night_settings, "values_known"):
            assert set(count_broken(connection, check).values()) == {0}
            emptied = ", ".join(f"{name} = null" for name in check.parts)
            assert set(count_broken(connection, check, emptied).values()) == {USERS}
            watched |= set(check.parts)
    assert watched == {feature.name for feature in read_features() if feature.is_never_empty}


@pytest.mark.parametrize(
    ("entry_id", "breaking"),
    [
        ("days_within_window", "{0} = 5000"),
        ("windows_nested", "{0} = {1} + 1"),
        ("recency_agrees", "{0} = case when {0} > 0 then 0 else 1 end"),
    ],
)
def test_every_condition_of_a_rule_can_break(
    night_settings: Settings, entry_id: str, breaking: str
) -> None:
    with open_warehouse(night_settings) as connection:
        checks = plan(connection, night_settings, entry_id)
        assert len(checks) == len(MARTS)
        for check in checks:
            for part in check.parts:
                broken = count_broken(connection, check, breaking.format(*part.split(" in "), "?"))
                assert broken[part] == USERS, part


@pytest.mark.parametrize("entry_id", BROKEN_FACTS)
def test_every_fact_can_break(night_settings: Settings, entry_id: str) -> None:
    each = SUITE[entry_id].each
    assert each is not None
    assert each.facts is not None
    assert set(each.facts) == set(BROKEN_FACTS[entry_id])
    with open_warehouse(night_settings) as connection:
        (check,) = plan(connection, night_settings, entry_id)
        assert set(count_broken(connection, check).values()) == {0}
        for fact, assignment in BROKEN_FACTS[entry_id].items():
            for part in expand_facts({fact: each.facts[fact]}):
                window = part.removeprefix(fact).removeprefix("_")
                broken = count_broken(connection, check, assignment.replace("[window]", window))
                assert broken[part] > 0, part


def test_damage_covers_every_entry_with_facts() -> None:
    assert {name for name, entry in SUITE.items() if entry.each and entry.each.facts} == set(
        BROKEN_FACTS
    )


def test_a_new_feature_is_watched_by_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    (model,) = [item for item in read_features() if item.name == "spend_active_days_180d"]
    week = replace(
        model, name="spend_active_days_14d", window=Window(14, "d"), look_back=Window(14, "d")
    )
    monkeypatch.setattr(features, "read_features", lambda: (*read_features(), week))
    mart = "fct_user_spending_daily"
    column = '"spend_active_days_14d"'
    assert list_conditions("ranges", mart)[week.name]["holds"] == f"{column} between 0 and 40000"
    assert list_conditions("known", mart)[week.name]["holds"] == f"{column} is not null"
    assert list_conditions("windows", mart)[week.name]["holds"] == f"{column} <= 14"
    nested = [name for name in list_conditions("nested", mart) if week.name in name]
    assert nested == [
        "spend_active_days_7d in spend_active_days_14d",
        "spend_active_days_14d in spend_active_days_30d",
    ]


@pytest.mark.parametrize(
    ("shorter", "longer", "fits"),
    [
        ((90, "d"), (180, "d"), True),
        ((180, "d"), (90, "d"), False),
        ((365, "d"), (24, "m"), True),
        ((12, "m"), (24, "m"), True),
        # Twelve months have 365 days or 366, a month 28 to 31: no order that holds every night.
        ((365, "d"), (12, "m"), False),
        ((1, "m"), (30, "d"), False),
        ((1, "m"), (90, "d"), True),
    ],
)
def test_window_fits_in_another_whatever_the_night(
    shorter: tuple[int, str], longer: tuple[int, str], fits: bool
) -> None:
    assert Window(*shorter).fits_in(Window(*longer)) is fits


@pytest.mark.parametrize(
    ("night", "days"), [("2025-01-31", 731), ("2023-03-01", 730), ("2024-02-29", 731)]
)
def test_months_are_counted_back_from_the_night(night: str, days: int) -> None:
    query = f"select {Window(24, 'm').days} from (select date '{night}' as as_of_date)"
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchone() == (days,)


def test_means_and_forward_looks_are_nested_as_defined() -> None:
    linkage = list_conditions("nested", "fct_user_product_linkage_daily")
    assert "installment_due_amount_next_30d in installment_due_amount_next_90d" in linkage
    assert not any("mean" in name for name in linkage)


def test_rules_refuse_what_they_do_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    mart = "fct_user_spending_daily"
    with pytest.raises(LookupError, match=r"^no feature of the catalogue is of spend_amuont$"):
        list_conditions("nested", mart, ("spend_amuont",))
    with pytest.raises(LookupError, match=r"catalogue has no feature of fct_none with ranges"):
        list_conditions("ranges", "fct_none")
    with pytest.raises(LookupError, match=r"^the columns of a share no window$"):
        expand_facts({"a": "spend_count_[window] <= cured_count_[window] + nothing_[window]"})
    odd = replace(read_features()[0], unit="lightyears")
    monkeypatch.setattr(features, "read_features", lambda: (odd,))
    with pytest.raises(LookupError, match=r"^no range is known of the unit lightyears$"):
        list_conditions("ranges", odd.mart)
