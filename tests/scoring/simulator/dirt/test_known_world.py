"""Once every correction has arrived, the warehouse knows exactly the clean world."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scoring.marts.build import build_nights
from scoring.nights import Night, make_night
from scoring.reference.comparison import read_marts
from scoring.reference.known_world import ask
from scoring.warehouse.store import open_warehouse
from tests.scoring.simulator.dirt.deployments import Deployment
from tests.scoring.simulator.dirt.landed import (
    Landed,
    newest_versions,
    read_landed,
    read_ledger,
    unsettled_keys,
)


@pytest.fixture(scope="module")
def told(clean: Deployment) -> Landed:
    """What the clean world says."""
    return read_landed(clean)


@pytest.fixture(scope="module")
def landed(dirty: Deployment) -> Landed:
    """What has landed of it, and what else."""
    return read_landed(dirty)


@pytest.fixture(scope="module")
def settled(dirty: Deployment) -> list[dict[str, Any]]:
    """Row-level faults that are put right by the last day."""
    return [
        fault
        for fault in read_ledger(dirty)
        if fault["key"] and fault["arrives_dt"] and fault["arrives_dt"] <= dirty.last
    ]


def test_newest_versions_are_those_of_the_clean_world(
    dirty: Deployment, told: Landed, landed: Landed
) -> None:
    unsettled = unsettled_keys(dirty, told)
    expected = {key: row for key, row in newest_versions(told).items() if key not in unsettled}
    found = {key: row for key, row in newest_versions(landed).items() if key not in unsettled}
    assert found == expected
    assert len(found) > 0.95 * len(told)


def test_late_rows_land_later_only(settled: list[dict[str, Any]], landed: Landed) -> None:
    for fault in _of(settled, "late"):
        versions = landed[fault["feed"], fault["key"]]
        assert fault["dt"] not in versions
        assert fault["arrives_dt"] in versions
    assert {fault["outcome"] for fault in _of(settled, "late")} == {"late", "superseded"}


def test_late_and_corrected_rows_say_what_the_clean_world_says(
    settled: list[dict[str, Any]], told: Landed, landed: Landed
) -> None:
    for fault in settled:
        key = (fault["feed"], fault["key"])
        if fault["kind"] not in ("withdrawn", "late_user", "resent"):
            versions = told[key]
            right = versions[max(dt for dt in versions if dt <= fault["arrives_dt"])]
            assert landed[key][fault["arrives_dt"]] == right


def test_resent_rows_come_twice_unchanged(settled: list[dict[str, Any]], landed: Landed) -> None:
    for fault in _of(settled, "resent"):
        versions = landed[fault["feed"], fault["key"]]
        assert versions[fault["dt"]] == versions[fault["arrives_dt"]]


def test_corrected_rows_first_say_something_else(
    settled: list[dict[str, Any]], told: Landed, landed: Landed
) -> None:
    for fault in _of(settled, "corrected"):
        key = (fault["feed"], fault["key"])
        wrong, clean = landed[key][fault["dt"]], told[key][fault["dt"]]
        assert wrong.user_key == clean.user_key
        assert wrong.content != clean.content


def test_withdrawn_rows_are_nowhere_in_the_clean_world(
    settled: list[dict[str, Any]], told: Landed, landed: Landed
) -> None:
    for fault in _of(settled, "withdrawn"):
        key = (fault["feed"], fault["key"])
        assert key not in told
        assert not landed[key][fault["dt"]].is_deleted
        assert landed[key][fault["arrives_dt"]].is_deleted


def test_quarantined_rows_are_not_in_their_batch(
    settled: list[dict[str, Any]], landed: Landed
) -> None:
    for kind in ("bad_value", "conflicting_key"):
        for fault in _of(settled, kind):
            assert fault["dt"] not in landed[fault["feed"], fault["key"]]


def test_ghosts_have_no_users_row(dirty: Deployment, told: Landed) -> None:
    ghosts = [fault for fault in read_ledger(dirty) if fault["kind"] == "unknown_user"]
    assert ghosts
    for fault in ghosts:
        assert fault["arrives_dt"] is None
        assert (fault["feed"], fault["key"]) not in told


def test_marts_are_those_of_the_clean_world(
    clean: Deployment, dirty: Deployment, told: Landed
) -> None:
    restated = Night(dirty.last - timedelta(days=10), dirty.last, "dirt")
    first_known = make_night(dirty.last - timedelta(days=11), run_id="dirt")
    expected, found = (_build(world, [restated, first_known]) for world in (clean, dirty))
    unsettled = unsettled_keys(dirty, told) & told.keys()
    disturbed = {version.user_key for key in unsettled for version in told[key].values()}
    compared = 0
    for mart, users in expected[0].items():
        assert users.keys() == found[0][mart].keys()
        for user in users.keys() - disturbed:
            assert (mart, user, found[0][mart][user]) == (mart, user, users[user])
            compared += 1
    assert compared > 0.9 * sum(len(users) for users in expected[0].values())
    assert found[1] != expected[1], "what had not arrived by the night itself shows in no mart"


def _build(deployment: Deployment, nights: list[Night]) -> list[dict[str, dict[int, Any]]]:
    """The marts of each night."""
    settings = deployment.settings
    build_nights(settings, nights)
    with open_warehouse(settings) as connection:
        return [
            read_marts(connection, ask(settings, night.as_of_date, night.known_on))
            for night in nights
        ]


def _of(faults: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    found = [fault for fault in faults if fault["kind"] == kind]
    assert found, f"no {kind}"
    return found
