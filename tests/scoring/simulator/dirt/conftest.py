from __future__ import annotations

import pytest

from tests.scoring.simulator.dirt.deployments import Deployment, deploy

USERS, DAYS = 600, 60


@pytest.fixture(scope="package")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return deploy(tmp_path_factory.mktemp("clean"), users=USERS, days=DAYS, dirt="none")


@pytest.fixture(scope="package")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The world of ``clean``, heavily soiled."""
    return deploy(tmp_path_factory.mktemp("dirty"), users=USERS, days=DAYS, dirt="heavy")
