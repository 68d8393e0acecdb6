"""Events of steps: what they name, what they must not hold, and that no step waits for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from scoring import lineage
from scoring.errors import CreditloopError, DataRefusedError
from scoring.recording import StepReport, run_recorded
from scoring.settings import Settings
from tests.scoring.lineage_events import listen, names, read_events

DAY = date(2025, 1, 31)
MONEY = "12345.67"


def record(settings: Settings, step: str, error: Exception | None = None) -> None:
    """Do some work as a step."""

    def work() -> StepReport:
        if error is not None:
            raise error
        return StepReport("done")

    run_recorded(settings, step, "run-1", DAY, DAY, work)


def refusal() -> CreditloopError:
    return DataRefusedError(
        "batch refused", subject=f"transactions@{DAY}", expected=MONEY, got="1.00", next_step="x"
    )


def test_step_tells_its_tables(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openlineage", reason="the extra [lineage] is not installed")
    listen(monkeypatch, tmp_path / "events")
    record(settings, "publish")
    start, complete = read_events(tmp_path / "events")
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert start["run"]["facets"]["nominalTime"]["nominalStartTime"] == f"{DAY}T00:00:00+08:00"
    assert {"scores.scores", "marts.fct_user_spending_daily"} <= set(names(start, "inputs"))
    assert {"published.scores", "published.publication"} <= set(names(start, "outputs"))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal, f"DataRefusedError: batch refused for transactions@{DAY}"),
        (lambda: ValueError(f"u0000001 {MONEY}"), "ValueError"),
    ],
)
def test_failure_is_told_without_its_values(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    told: str,
) -> None:
    pytest.importorskip("openlineage", reason="the extra [lineage] is not installed")
    listen(monkeypatch, tmp_path / "events")
    with pytest.raises((CreditloopError, ValueError)):
        record(settings, "ingest", error())
    start, fail = read_events(tmp_path / "events")
    assert (start["eventType"], fail["eventType"]) == ("START", "FAIL")
    assert fail["run"]["facets"]["errorMessage"]["message"] == told
    assert MONEY not in (tmp_path / "events").read_text(encoding="utf-8")


def test_work_that_is_no_step_tells_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openlineage", reason="the extra [lineage] is not installed")
    listen(monkeypatch, tmp_path / "events")
    record(settings, "rollback")
    assert read_events(tmp_path / "events") == []


def test_listener_that_fails_stops_nothing_and_is_logged(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("openlineage", reason="the extra [lineage] is not installed")
    listen(monkeypatch, tmp_path / "absent" / "events")
    with caplog.at_level(logging.WARNING):
        record(settings, "score")
    assert "a lineage event was not taken" in caplog.text
    assert str(tmp_path) not in caplog.text


def test_missing_package_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_self: lineage.StepLineage) -> None:
        raise ImportError

    monkeypatch.setenv("OPENLINEAGE_URL", "http://localhost:1")
    monkeypatch.setattr(lineage.StepLineage, "_open", fail)
    record(settings, "score")
    assert "install creditloop[lineage]" in caplog.text


def test_nothing_is_opened_where_nobody_listens(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(lineage.StepLineage, "_open", opened.append)
    record(settings, "score")
    assert opened == []
