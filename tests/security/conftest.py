from __future__ import annotations

import pytest

from scoring.settings import Settings
from tests.scoring.landing.conftest import Bench


@pytest.fixture
def bench(settings: Settings) -> Bench:
    """An empty deployment to land files in."""
    return Bench(settings)
