"""Folders that appear whole, by one rename, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from scoring.simulator.options import check_target, explain


@contextmanager
def filled_aside(target: Path, option: str) -> Iterator[Path]:
    """A new folder beside ``target`` to fill; it becomes ``target`` when the block ends well.

    What a killed process left there before is removed first.

    Raises:
        ConfigurationError: ``target`` has something in it, or cannot be written there.
        TransientError: The disk failed or is full; ``target`` is as it was.
    """
    check_target(option, target)
    aside = target.parent / f".{target.name}.partial-{os.getpid()}"
    try:
        _sweep(target)
        aside.mkdir(parents=True)
        yield aside
        aside.rename(target)
    except OSError as error:
        raise explain(error, option, target) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(target: Path) -> None:
    for leftover in target.parent.glob(f".{target.name}.partial-*"):
        owner = leftover.name.rpartition("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)
