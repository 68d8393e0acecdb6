from __future__ import annotations

import pytest

from scoring.settings import Settings
from tests.scoring.publish.handmade import FIRST, Handmade


@pytest.fixture
def handmade(settings: Settings) -> Handmade:
    """A deployment with three known users and no consents feed."""
    deployment = Handmade(settings)
    deployment.land_users(FIRST, [1, 2, 3])
    return deployment
