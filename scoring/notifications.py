"""Telling people that a night failed or is late: a log line, a command, a web hook.

A notice names the night, the step and the error's own message, which holds no personal value and no
secret. Telling must never make things worse: what goes wrong with it is logged, and that is all.
"""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from scoring.errors import CreditloopError
from scoring.settings import Settings, load_settings

log = logging.getLogger(__name__)

WAIT_SECONDS = 30


@dataclass(frozen=True)
class Notice:
    """What happened.

    Attributes:
        event: ``failed`` (a step, for good) or ``late`` (a night beyond its deadline).
        subject: The run, and the step if one failed.
        message: One line.
    """

    event: Literal["failed", "late"]
    subject: str
    message: str


def notify(settings: Settings, notice: Notice) -> None:
    """Log a notice and hand it, as JSON, to ``CREDITLOOP_NOTIFY_COMMAND`` and ``…_WEBHOOK``."""
    log.error("night %s: %s: %s", notice.event, notice.subject, notice.message)
    text = json.dumps(asdict(notice))
    if settings.notify_command is not None:
        _run_command(settings.notify_command, text)
    if settings.notify_webhook is not None:
        _post(settings.notify_webhook.get_secret_value(), text)


def report_failure(context: Mapping[str, Any]) -> None:
    """Airflow's callback for a task that failed for good."""
    task = context["task_instance"]
    error = context.get("exception")
    # Any other error may quote a row in its text; its kind is enough to go and look.
    known = isinstance(error, CreditloopError)
    message = str(error) if known else f"{type(error).__name__}; see the task's log"
    subject = f"{task.dag_id} {context['run_id']} {task.task_id}"
    notify(load_settings(), Notice("failed", subject, message))


async def report_late_night(context: Mapping[str, Any], **_: object) -> None:
    """Airflow's callback for a run that has missed its deadline; runs in the triggerer."""
    settings = load_settings()
    run = context.get("dag_run") or {}
    name = run.get("dag_run_id") or run.get("run_id") or "a run"
    message = (
        f"not done {settings.night_deadline_minutes} minutes after it was queued; what was "
        "published before stands"
    )
    notice = Notice("late", f"credit_nightly {name}", message)
    await asyncio.to_thread(
        notify, settings, notice
    )  # a slow command must hold up no other trigger


def _run_command(command: str, text: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - the deployment's own setting
            shlex.split(command), input=text, text=True, check=True, timeout=WAIT_SECONDS
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.warning("CREDITLOOP_NOTIFY_COMMAND did not take the notice: %s", type(error).__name__)


def _post(address: str, text: str) -> None:
    try:
        request = urllib.request.Request(  # noqa: S310 - the deployment's own setting
            address, text.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS):  # noqa: S310 - as above
            pass
    except (OSError, ValueError) as error:  # its text quotes the address, which may hold a token
        log.warning("CREDITLOOP_NOTIFY_WEBHOOK did not take the notice: %s", type(error).__name__)
