"""Every fault is in the ledger, and what is in the ledger is what ingest finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scoring.simulator.dirt import checks
from tests.scoring.simulator.dirt.deployments import Deployment, deploy


@pytest.fixture(scope="module")
def dirty(dirty: Deployment) -> Iterator[Deployment]:
    """The dirty world with its warehouse open."""
    with dirty.connect():
        yield dirty


def test_every_quarantined_row_is_in_the_ledger_and_vice_versa(dirty: Deployment) -> None:
    checks.check_quarantined(dirty)
    rules = dirty.query("select distinct rule from quality.quarantine")
    assert {"duplicate", "conflicting_key", "decimals", "type", "required"} <= {
        rule for (rule,) in rules
    }


def test_every_refused_batch_is_in_the_ledger_and_vice_versa(dirty: Deployment) -> None:
    found = checks.found_refusals(dirty)
    assert found == checks.expected_refusals(dirty)
    assert {rule for _, _, rule in found} == {"unreadable", "control_rows"}


def test_every_held_row_is_in_the_ledger_and_vice_versa(dirty: Deployment) -> None:
    found = checks.found_held(dirty)
    assert found == checks.expected_held(dirty)
    assert checks.count_held(dirty) == sum(found.values()) > 0


def test_rows_read_are_loaded_held_or_quarantined(dirty: Deployment) -> None:
    checks.check_balance(dirty)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "csv.gz"])
def test_text_formats_are_found_again(tmp_path: Path, file_format: str) -> None:
    dirty = deploy(
        tmp_path / "home", users=200, days=24, dirt="heavy", seed=9, file_format=file_format
    )
    checks.check_ledger(dirty)


@pytest.mark.parametrize(("users", "days"), [(50, 40), (20_000, 5)])
def test_no_batch_is_refused_by_accident(tmp_path: Path, users: int, days: int) -> None:
    checks.check_ledger(deploy(tmp_path / "home", users=users, days=days, dirt="heavy"))
