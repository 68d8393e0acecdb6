"""One writer at a time: a lock file that the operating system frees when its owner dies."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from scoring.errors import TransientError
from scoring.folder_modes import make_private
from scoring.settings import Settings


@contextmanager
def writer_lock(settings: Settings) -> Iterator[None]:
    """Hold the warehouse for writing; re-entrant within a process.

    Raises:
        TransientError: Another process held it for ``lock_timeout_seconds``; its owner is named.
    """
    folder = settings.warehouse_file.parent
    make_private(folder)
    owner_file = folder / "writer.json"
    lock = FileLock(folder / "writer.lock", is_singleton=True)
    try:
        lock.acquire(timeout=settings.lock_timeout_seconds)
    except Timeout:
        raise TransientError(
            "warehouse lock not acquired",
            subject=str(settings.warehouse_file.name),
            expected=f"a free lock within {settings.lock_timeout_seconds:g} s",
            got=f"a lock held by {_read_owner(owner_file)}",
            next_step="Wait for that run to end and repeat the command.",
        ) from None
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname()}
        owner_file.write_text(json.dumps(owner), encoding="utf-8")
        yield
    finally:
        lock.release()


def _read_owner(owner_file: Path) -> str:
    try:
        owner = json.loads(owner_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "an unknown process"
    return f"process {owner.get('pid')} on {owner.get('host')}"
