"""A run killed at any point, then the same command again: the same content."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import TEST_KEY
from tests.scoring.landing.conftest import USERS, Bench, transactions

_LAST = date(2025, 1, 7)
KILLER = """
import os, signal, sys
from datetime import date
from pathlib import Path
from scoring.settings import load_settings
from scoring.landing import {module} as module
from scoring.landing.ingest import ingest_range

calls = 0
original = module.{function}

def killed(*arguments, **options):
    global calls
    calls += 1
    result = original(*arguments, **options) if {after} else None
    if calls == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options) if result is None and not {after} else result

module.{function} = killed
settings = load_settings(home=sys.argv[1], identity_key={key!r}, landing_quiet_seconds=0)
ingest_range(settings, date(2025, 1, 6), date(2025, 1, 7), run_id="killed")
"""
POINTS = {
    "before anything is marked": ("recording", "write_batches", False, 1),
    "files written, nothing recorded": ("recording", "fetch_quarantined", False, 2),
    "inside the transaction": ("recording", "write_batches", True, 4),
    "recorded, old files still there": ("recording", "remove_superseded_files", False, 2),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_ingest_converges(bench: Bench, tmp_path: Path, point: str) -> None:
    module, function, after, call = POINTS[point]
    for day in ("2025-01-06", "2025-01-07"):
        bench.land("users", USERS, dt=day)
        bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T2,U2,bad,1", "T3"), dt=day)
    code = KILLER.format(module=module, function=function, after=after, call=call, key=TEST_KEY)
    done = subprocess.run(
        [sys.executable, "-c", code, str(bench.settings.root)], check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()

    bench.ingest(last=_LAST)
    survived = (bench.content(), bench.raw_files(), bench.rules())
    assert [row[2] for row in survived[0]] == ["loaded"] * 4
    assert len(survived[1]) == 4
    assert len(survived[2]) == 4
    bench.ingest(last=_LAST)
    assert (bench.content(), bench.raw_files(), bench.rules()) == survived

    fresh = bench.beside(tmp_path / "fresh")
    fresh.ingest(last=_LAST)
    assert (fresh.content(), fresh.raw_files(), fresh.rules()) == survived
