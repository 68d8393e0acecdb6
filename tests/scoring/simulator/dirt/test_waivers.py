"""An operator waives the batches that dirt made ingest refuse; then the nights go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.errors import DataRefusedError
from scoring.landing.ingest import ingest_night
from scoring.landing.waivers import waive
from scoring.nights import make_night
from tests.scoring.simulator.dirt.checks import found_refusals
from tests.scoring.simulator.dirt.deployments import deploy


def test_a_night_goes_on_once_the_refused_batches_are_waived(tmp_path: Path) -> None:
    dirty = deploy(tmp_path / "home", users=100, days=20, dirt="heavy")
    night = make_night(dirty.last)
    refused = found_refusals(dirty)
    for feed, day, _ in refused:
        with pytest.raises(DataRefusedError, match="refused"):
            ingest_night(dirty.settings, night)
        waive(dirty.settings, feed, day, "refused", "sent again with the next batch")
    assert refused
    ingest_night(dirty.settings, night)
