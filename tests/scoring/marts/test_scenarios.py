"""What customers ask about: every named scenario comes out of the marts as worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from scoring.reference.comparison import read_catalogue
from scoring.simulator.scenarios.outcomes import Expectation
from scoring.simulator.scenarios.scenario import load_scenario, scenario_names
from tests.scoring.marts.scenario_nights import (
    Difference,
    NightKey,
    Records,
    find_differences,
    group_nights,
    scenario_nights,
)

NAMES = scenario_names()


@pytest.fixture
def nights(tmp_path_factory: pytest.TempPathFactory) -> dict[NightKey, Records]:
    return scenario_nights(tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("name", NAMES)
def test_scenario_comes_out_as_expected(name: str, nights: dict[NightKey, Records]) -> None:
    differences = {
        f"{item.as_of} known on {item.known_on}": found
        for item in load_scenario(name).expected
        if not item.known_gap and (found := find_differences(item.records(), nights[item.night]))
    }
    assert differences == {}


def test_a_known_gap_is_still_one(nights: dict[NightKey, Records]) -> None:
    gaps = [item for name in NAMES for item in load_scenario(name).expected if item.known_gap]
    for item in gaps:
        differences = find_differences(item.records(), nights[item.night])
        differing = {(difference.kind, difference.record_id) for difference in differences}
        closed = item.records().keys() - differing
        assert not closed, f"{item.as_of}: the gap is closed, so take known_gap away"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_passes_on_nothing(name: str, nights: dict[NightKey, Records]) -> None:
    scenario = load_scenario(name)
    assert len({item.as_of for item in scenario.expected if not item.known_gap}) >= 3
    assert all(item.records() for item in scenario.expected)
    last = nights[max(item.night for item in scenario.expected)]
    users = [user for user in scenario.landed_ids()["features"] if ("features", user) in last]
    assert users
    assert all(last["features", user]["has_scoring_consent"] for user in users)


@pytest.mark.parametrize("name", NAMES)
def test_every_altered_value_is_found(name: str, nights: dict[NightKey, Records]) -> None:
    for item in load_scenario(name).expected:
        if not item.known_gap:
            _check_alterations(item, nights[item.night])


def _check_alterations(item: Expectation, found: Records) -> None:
    expected = item.records()
    for (kind, record_id), values in expected.items():
        for name, value in (values or {}).items():
            altered = {**expected, (kind, record_id): {**(values or {}), name: _other(value)}}
            (difference,) = find_differences(altered, found)
            assert (difference.kind, difference.record_id) == (kind, record_id)
        is_there = values is not None
        opposite = {**expected, (kind, record_id): None if is_there else {"dpd": 0}}
        assert find_differences(opposite, found) == [
            Difference(kind, record_id, "", expected=not is_there, found=is_there)
        ]


def _other(value: Any) -> Any:
    """A value that the marts do not hold there."""
    if value is None:
        return -7
    if isinstance(value, bool):
        return not value
    return f"not {value}" if isinstance(value, str) else value + 7


def test_features_are_catalogued() -> None:
    expectations = [item for name in NAMES for item in load_scenario(name).expected]
    named = {
        feature
        for item in expectations
        for features in item.features.values()
        if features != "absent"
        for feature in features
    }
    assert named <= set(read_catalogue())


def test_all_nights_take_two_builds() -> None:
    groups = group_nights([load_scenario(name) for name in NAMES])
    assert len(groups) == 2
    for group in groups:
        assert len({as_of for as_of, _ in group}) == len(group)
