"""Who may look into which folder, whatever umask the process was started with."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = 0o755
"""Published files and reports: everybody on the machine may read them."""

PRIVATE = 0o700
"""Vault and warehouse: user ids, quarantined rows and everything before consent is applied."""


def make_shared(folder: Path) -> None:
    """Make a folder, and what is missing above it, for everybody to read; none that exists."""
    if folder.is_dir():
        return
    make_shared(folder.parent)
    try:
        folder.mkdir()
    except FileExistsError:  # another process was faster; anything but a folder is told later
        return
    folder.chmod(SHARED)


def make_private(folder: Path) -> None:
    """Make a folder for this user alone, or take the others' rights to one of this user's own."""
    make_shared(folder.parent)
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    state = folder.stat()
    if state.st_uid == os.geteuid() and state.st_mode & 0o077:
        folder.chmod(PRIVATE)
