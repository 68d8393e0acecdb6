"""The marts equal the reference, in a simulated world, a dirty and an old one."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from benchmarks.marts_by_hand import MARTS, count_differences, run_script
from scoring.nights import Night
from scoring.reference.balances import LineBalances
from scoring.reference.comparison import (
    Difference,
    count_by_column,
    find_differences,
    read_catalogue,
    read_marts,
)
from scoring.reference.features import compute_features
from scoring.reference.known_world import look_back
from scoring.reference.ledger import read_ledgers
from scoring.reference.raw_rows import RawRows, load_raw
from scoring.reference.sample import Sample, draw_sample, read_sample
from scoring.warehouse.store import open_warehouse
from tests.reference.dirt import count_dirt
from tests.reference.worlds import World, dirty_world, old_world, simulated_world

WORLDS = {"simulated": simulated_world, "dirty": dirty_world, "old": old_world}
READ_ALONE = 10
"""Users of each night that are read without anybody else."""
CONSENT_COLUMNS = {"has_scoring_consent", "has_gated_consent", "consent_basis"}
TELLING_VALUES = 20
"""At least so many values of each feature must be neither empty nor 0."""


@pytest.fixture
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    return {name: build(tmp_path_factory.getbasetemp()) for name, build in WORLDS.items()}


@pytest.mark.parametrize("name", WORLDS)
def test_every_value_of_every_user_equals_the_reference(
    name: str, worlds: dict[str, World]
) -> None:
    for night in worlds[name].nights:
        differences = find_differences(night.reference, night.marts)
        shown = (count_by_column(differences), differences[:5])
        assert not differences, f"{name} {night.question}: {shown}"
        assert len(night.reference) >= 50


@pytest.mark.parametrize("name", WORLDS)
def test_a_user_read_alone_has_the_same_features(name: str, worlds: dict[str, World]) -> None:
    world = worlds[name]
    for night in world.nights:
        with open_warehouse(world.settings) as connection:
            rows = RawRows(connection, world.settings)
            everybody = draw_sample(rows, night.question, 10_000)
            assert everybody.users == set(night.reference)
            survivors = look_back(load_raw(connection, world.settings), night.question).survivors
            for user in sorted(draw_sample(rows, night.question, READ_ALONE).users):
                merged = {key for key, end in survivors.items() if end == user} - {user}
                assert merged <= everybody.merged
                alone = Sample(frozenset({user}), frozenset(merged), frozenset())
                raw = read_sample(rows, alone)
                computed = compute_features(raw, night.question, alone.users)
                assert computed == {user: night.reference[user]}


@pytest.mark.parametrize("name", WORLDS)
def test_the_script_by_hand_equals_the_marts(name: str, worlds: dict[str, World]) -> None:
    """What the benchmarks measure the models by computes the same, and would be found out."""
    world = worlds[name]
    with open_warehouse(world.settings) as connection:
        for compared in world.nights:
            night = Night(compared.question.as_of, compared.question.known_on, "by-hand")
            run_script(connection, night)
            assert count_differences(connection, night) == dict.fromkeys(MARTS, 0), night
        connection.execute(
            "update temp.fct_user_repayment_daily set repayment_count_30d = repayment_count_30d + 1"
        )
        differing = 2 * len(world.nights[-1].reference)
        assert count_differences(connection, night) == dict.fromkeys(MARTS, 0) | {
            "fct_user_repayment_daily": differing
        }


def test_the_contract_accepts_every_row(worlds: dict[str, World]) -> None:
    assert {name: world.quarantined_rows for name, world in worlds.items()} == dict.fromkeys(
        WORLDS, 0
    )


def test_every_catalogued_feature_is_compared(worlds: dict[str, World]) -> None:
    catalogue = read_catalogue()
    assert len(catalogue) >= 203
    for world in worlds.values():
        for night in world.nights:
            for columns in night.reference.values():
                assert set(columns) == set(catalogue) | CONSENT_COLUMNS
            for feature, mart in catalogue.items():
                assert all(feature in columns for columns in night.marts[mart].values())


def test_no_feature_is_compared_on_nothing(worlds: dict[str, World]) -> None:
    telling = Counter(
        feature
        for world in worlds.values()
        for night in world.nights
        for columns in night.reference.values()
        for feature, value in columns.items()
        if value is not None and value != 0
    )
    scarce = {name: telling[name] for name in read_catalogue() if telling[name] < TELLING_VALUES}
    assert not scarce


def test_the_balance_of_the_night_is_what_the_line_owes(worlds: dict[str, World]) -> None:
    """Two ways to the same amount; they would part if a day's balance were read wrongly."""
    compared = 0
    for world in worlds.values():
        with open_warehouse(world.settings) as connection:
            raw = load_raw(connection, world.settings)
        for night in world.nights:
            for ledger in read_ledgers(look_back(raw, night.question)).values():
                for line in ledger.lines:
                    balance = LineBalances(line).balance_on(night.question.as_of)
                    assert balance == ledger.line_outstanding[line.bills[-1].line]
                    compared += balance > 0
    assert compared >= 100


@pytest.mark.parametrize("name", ["dirty", "old"])
def test_every_kind_of_dirt_occurs(name: str, worlds: dict[str, World]) -> None:
    world = worlds[name]
    with open_warehouse(world.settings) as connection:
        raw = load_raw(connection, world.settings)
    dirt: Counter[str] = Counter()
    for night in world.nights:
        known = look_back(raw, night.question)
        dirt += count_dirt(known, read_ledgers(known))
    assert len(dirt) >= 13
    assert {kind: count for kind, count in dirt.items() if count < TELLING_VALUES} == {}


def test_consents_of_both_kinds_and_bases_are_compared(worlds: dict[str, World]) -> None:
    seen = {
        (column, columns[column])
        for night in worlds["dirty"].nights
        for columns in night.reference.values()
        for column in CONSENT_COLUMNS
    }
    assert len(seen) == 6


def test_one_altered_value_is_reported_whatever_the_feature(
    worlds: dict[str, World], tmp_path: Path
) -> None:
    world = worlds["dirty"]
    night = world.nights[0]
    user = min(night.reference)
    copy = tmp_path / "copy.duckdb"
    shutil.copy(world.settings.warehouse_file, copy)
    with duckdb.connect(str(copy)) as connection:
        for feature, mart in read_catalogue().items():
            connection.begin()
            connection.execute(
                f"update marts.{mart} set {feature} = coalesce({feature}, 0) + 1"
                " where user_key = ? and as_of_date = ? and known_on = ?",
                [user, night.question.as_of, night.question.known_on],
            )
            altered = read_marts(connection, night.question, [mart])
            connection.rollback()
            (difference,) = find_differences(night.reference, altered)
            assert (difference.column, difference.user_key) == (feature, user)
            assert difference.found == (difference.expected or 0) + 1


def test_a_missing_and_a_needless_user_are_reported(worlds: dict[str, World]) -> None:
    night = worlds["dirty"].nights[0]
    mart = "fct_user_spending_daily"
    first, *others = sorted(night.reference)
    columns = night.marts[mart][first]
    without_first = {user: night.marts[mart][user] for user in others}
    with_stranger = night.marts[mart] | {-1: columns}
    assert find_differences(night.reference, {mart: without_first}) == [
        Difference("", first, expected=True, found=False)
    ]
    assert find_differences(night.reference, {mart: with_stranger}) == [
        Difference("", -1, expected=False, found=True)
    ]
