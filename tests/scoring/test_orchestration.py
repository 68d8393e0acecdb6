"""The environment of Airflow's processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.orchestration import airflow_environment
from scoring.settings import PROJECT_ROOT, Settings


def test_airflow_finds_the_dags_and_a_home_of_its_own(settings: Settings) -> None:
    environment = airflow_environment(settings)
    assert environment["AIRFLOW__CORE__DAGS_FOLDER"] == str(PROJECT_ROOT / "dags")
    assert environment["AIRFLOW_HOME"] == str(settings.root / "airflow")
    assert environment["CREDITLOOP_HOME"] == str(settings.root)


def test_dotenv_travels_and_the_environment_wins(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "CREDITLOOP_GENERATIONS_KEPT=3\nCREDITLOOP_DUE_GRACE_DAYS=2\n", encoding="utf-8"
    )
    monkeypatch.setenv("CREDITLOOP_DUE_GRACE_DAYS", "5")
    environment = airflow_environment(settings)
    assert environment["CREDITLOOP_GENERATIONS_KEPT"] == "3"
    assert environment["CREDITLOOP_DUE_GRACE_DAYS"] == "5"


def test_own_airflow_settings_win(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    assert airflow_environment(settings)["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
