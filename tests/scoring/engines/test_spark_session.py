"""What Spark needs is named before anything starts."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from scoring.engines.spark_session import check_requirements
from scoring.errors import ConfigurationError
from scoring.settings import Settings, load_settings
from tests.scoring.engines.worlds import engine_settings

HAS_SPARK = find_spec("pyspark") is not None
needs_spark = pytest.mark.skipif(not HAS_SPARK, reason="pyspark is not installed")
NEXT_STEP = "Install creditloop\\[spark\\] and Java 17"


def java_that_says(version: str, folder: Path) -> Path:
    """A JAVA_HOME whose java only tells its version."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2020-01-01' >&2\n")
    java.chmod(0o755)
    return folder


@pytest.mark.skipif(HAS_SPARK, reason="the extra [spark] is installed")
def test_the_missing_extra_is_named() -> None:
    with pytest.raises(ConfigurationError, match=f"no module pyspark. {NEXT_STEP}") as refused:
        check_requirements()
    assert refused.value.exit_code == 2


@pytest.mark.spark
@needs_spark
def test_missing_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=f"no java .*{NEXT_STEP}") as refused:
        check_requirements()
    assert refused.value.exit_code == 2


@pytest.mark.spark
@needs_spark
@pytest.mark.parametrize(("version", "told"), [("1.8.0_402", "8"), ("11.0.22", "11")])
def test_old_java_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, told: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java_that_says(version, tmp_path / "jdk")))
    with pytest.raises(ConfigurationError, match=f"got Java {told}. {NEXT_STEP}"):
        check_requirements()


def test_duckdb_is_the_default_engine(settings: Settings) -> None:
    assert settings.engine == "duckdb"


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CREDITLOOP_ENGINE"):
        engine_settings(tmp_path, "postgres")


def test_the_engine_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITLOOP_ENGINE", "spark")
    assert load_settings().engine == "spark"
