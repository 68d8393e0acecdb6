"""Files of the published folder: written aside, flushed, read-only, made visible by one rename."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

from scoring.folder_modes import make_shared

READ_ONLY = 0o444


def aside(target: Path) -> Path:
    """A hidden name beside ``target`` for a file that is still being written."""
    make_shared(target.parent)
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")


def settle(written: Path, target: Path) -> None:
    """Make a file that was written aside visible as ``target``, at once and read-only."""
    _flush(written)
    written.chmod(READ_ONLY)
    written.replace(target)
    _flush(target.parent)


def point_to(source: Path, name: Path) -> None:
    """Let ``name`` lead to ``source`` from one instant to the next.

    A symbolic link, relative so that the folder can be mounted elsewhere: DuckDB opens a database
    by its path more than once, but resolves links first. Under a hard link or a renamed file, a
    reader that opened it during the rename saw the header of one generation and the blocks of
    another. Where the file system has no symbolic links: a hard link, else a copy.
    """
    link = aside(name)
    make_link(source, link)
    link.replace(name)
    link.unlink(missing_ok=True)  # a rename onto another link of the same file does nothing
    _flush(name.parent)


def make_link(source: Path, link: Path) -> None:
    """A symbolic link to ``source`` beside the name it is for, or the next best thing."""
    try:
        link.symlink_to(os.path.relpath(source, link.parent))
    except OSError:
        link_or_copy(source, link)


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for ``source``: a hard link, or a flushed copy where there are none."""
    try:
        os.link(source.resolve(), target)  # of the file itself, if source is a symbolic link
    except OSError:
        shutil.copyfile(source, target)
        target.chmod(READ_ONLY)
        _flush(target)


def write_json(target: Path, content: dict[str, object]) -> None:
    """Replace a small JSON file at once."""
    written = aside(target)
    written.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    settle(written, target)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
