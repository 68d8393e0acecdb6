"""Telling people that a night failed or is late."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from scoring.errors import TransientError
from scoring.notifications import Notice, notify, report_failure, report_late_night
from scoring.settings import load_settings

NOTICE = Notice("failed", "credit_nightly manual__1 publish", "PostgreSQL not written")
WRITE = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a real command writes notices to."""
    file = tmp_path / "told"
    command = f'{sys.executable} -c "{WRITE}" {file}'
    monkeypatch.setenv("CREDITLOOP_NOTIFY_COMMAND", command.replace("\\", "\\\\"))
    return file


def read(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def test_command_gets_the_notice_as_json(told: Path) -> None:
    notify(load_settings(), NOTICE)
    assert read(told) == [
        {
            "event": "failed",
            "subject": "credit_nightly manual__1 publish",
            "message": "PostgreSQL not written",
        }
    ]


class _Hook(BaseHTTPRequestHandler):
    received: list[object]

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[HTTPServer]:
    """A web hook on this machine."""
    _Hook.received = []
    with HTTPServer(("127.0.0.1", 0), _Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_web_hook_gets_the_notice_as_json(hook: HTTPServer) -> None:
    address = f"http://127.0.0.1:{hook.server_port}/a-token"
    notify(load_settings(notify_webhook=address), NOTICE)
    assert _Hook.received == [
        {
            "event": "failed",
            "subject": "credit_nightly manual__1 publish",
            "message": "PostgreSQL not written",
        }
    ]


def test_notice_that_nobody_takes_is_logged_without_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = load_settings(
        notify_command="/no/such/command", notify_webhook="http://127.0.0.1:9/a-token"
    )
    notify(settings, NOTICE)
    assert [record.levelno for record in caplog.records] == [
        logging.ERROR,
        logging.WARNING,
        logging.WARNING,
    ]
    assert "PostgreSQL not written" in caplog.text
    assert "a-token" not in caplog.text
    assert "a-token" not in repr(settings)


def context(error: Exception) -> dict[str, object]:
    task = SimpleNamespace(dag_id="credit_nightly", task_id="publish")
    return {"task_instance": task, "run_id": "manual__1", "exception": error}


def test_failed_task_is_told_with_its_own_message(told: Path) -> None:
    error = TransientError("a", subject="b", expected="c", got="d", next_step="Wait.")
    report_failure(context(error))
    assert read(told)[0]["message"] == "a for b: expected c, got d. Wait."


def test_text_of_an_unforeseen_error_stays_out(told: Path) -> None:
    report_failure(context(ValueError("user 17 owes 250.00")))
    assert read(told)[0]["message"] == "ValueError; see the task's log"


def test_late_night_is_told(told: Path) -> None:
    asyncio.run(report_late_night({"dag_run": {"dag_run_id": "scheduled__1"}}))
    assert read(told) == [
        {
            "event": "late",
            "subject": "credit_nightly scheduled__1",
            "message": "not done 240 minutes after it was queued; what was published before stands",
        }
    ]
