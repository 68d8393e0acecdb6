from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scoring.simulator.dirt.levels import DirtLevel
from tests.scoring.simulator.dirt.deployments import Deployment, deploy, open_deployment
from tests.scoring.simulator.sharing import make_once

USERS, DAYS = 600, 60


@pytest.fixture(scope="package")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return _deploy(tmp_path_factory, "none")


@pytest.fixture(scope="package")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The world of ``clean``, heavily soiled."""
    return _deploy(tmp_path_factory, "heavy")


def _deploy(factory: pytest.TempPathFactory, dirt: DirtLevel) -> Deployment:
    """A copy for this process: a warehouse is open in one of them at a time."""

    def make(folder: Path) -> None:
        deploy(folder / "home", users=USERS, days=DAYS, dirt=dirt)

    made = make_once(factory, f"dirt-{dirt}", make) / "home"
    home = factory.mktemp(f"dirt-{dirt}") / "home"
    shutil.copytree(made, home)
    return open_deployment(home, DAYS)
