"""Lineage events caught in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def listen(monkeypatch: pytest.MonkeyPatch, events: Path) -> None:
    """Let events go to a file, as a deployment would set it."""
    place = {"type": "file", "log_file_path": str(events), "append": True}
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(place))


def read_events(events: Path) -> list[dict[str, Any]]:
    """What was told so far, in order."""
    lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
    return [json.loads(line) for line in lines]


def names(event: dict[str, Any], side: str) -> list[str]:
    """Names of an event's ``inputs`` or ``outputs``."""
    return [dataset["name"] for dataset in event[side]]
