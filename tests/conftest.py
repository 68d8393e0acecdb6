"""What every test relies on: no setting leaks in from the machine, and a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scoring.settings import PREFIX, Settings, load_settings

TEST_KEY = "test-key-that-is-long-enough-to-be-accepted"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty deployment under the test's own folder."""
    return load_settings(home=tmp_path / "home", identity_key=TEST_KEY, landing_quiet_seconds=0)
