"""The small world, shared with the tests of the runner."""

from __future__ import annotations

import pytest

from scoring.settings import Settings
from tests.scoring.marts.warehouses import small_warehouse


@pytest.fixture
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small world with both nights built."""
    return small_warehouse(tmp_path_factory.getbasetemp())
