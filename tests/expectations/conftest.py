from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scoring.settings import Settings, load_settings
from tests.conftest import TEST_KEY
from tests.expectations.night_tables import build_warehouse


@pytest.fixture(scope="session")
def clean_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose three gates open; copied by each test that changes something."""
    home = tmp_path_factory.mktemp("gates") / "home"
    build_warehouse(load_settings(home=home, identity_key=TEST_KEY))
    return home


@pytest.fixture
def night_settings(clean_home: Path, tmp_path: Path) -> Settings:
    """Settings of a copy of the clean home in which every feed is due every day.

    The reference is switched off: it would find that these marts follow from no raw rows.
    """
    home = tmp_path / "home"
    shutil.copytree(clean_home, home)
    return load_settings(
        home=home, identity_key=TEST_KEY, expected={"*": "daily"}, reference_users=0
    )
