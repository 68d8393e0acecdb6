"""Fixtures over the small world."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.settings import Settings
from tests.scoring.marts.warehouses import make_settings, read_features, small_warehouse


@pytest.fixture
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small world with both nights built. Tests only read it."""
    return small_warehouse(tmp_path_factory.getbasetemp())


@pytest.fixture
def copied(built: Settings, tmp_path: Path) -> Settings:
    """A copy of the small world that a test may change."""
    shutil.copytree(built.root, tmp_path / "home")
    return make_settings(tmp_path / "home")


@pytest.fixture
def features(built: Settings) -> Callable[[int, str], dict[str, Any]]:
    """Every feature of a user on a night, by name."""
    return lambda user_key, day: read_features(built, user_key, day, day)
