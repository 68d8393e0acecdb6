"""Thirty times as dirty as heavy: faults that meet one another leave no trace either."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.simulator.dirt.levels import RATES, Rates
from tests.scoring.simulator.dirt import checks
from tests.scoring.simulator.dirt.deployments import deploy
from tests.scoring.simulator.dirt.landed import newest_versions, read_landed, unsettled_keys

VERY_DIRTY = Rates(
    late=0.08,
    resent=0.04,
    corrected=0.04,
    withdrawn=0.03,
    duplicate=0.02,
    conflicting_key=0.02,
    bad_value=0.04,
    unknown_user=0.03,
    missing_day=0.08,
    late_file=0.1,
    truncated_file=0.06,
    wrong_total=0.06,
)


def test_the_clean_world_is_known_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = deploy(tmp_path / "clean", users=120, days=40, dirt="none")
    monkeypatch.setitem(RATES, "heavy", VERY_DIRTY)
    dirty = deploy(tmp_path / "dirty", users=120, days=40, dirt="heavy")
    checks.check_ledger(dirty)
    told, landed = read_landed(clean), read_landed(dirty)
    unsettled = unsettled_keys(dirty, told)
    expected = {key: row for key, row in newest_versions(told).items() if key not in unsettled}
    found = {key: row for key, row in newest_versions(landed).items() if key not in unsettled}
    assert found == expected
    assert len(found) > 0.8 * len(told)
