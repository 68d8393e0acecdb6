"""Checks of what ``simulate`` is asked for: one clear line, and nothing written."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from scoring.errors import ConfigurationError, TransientError
from scoring.simulator.batches import FILE_FORMATS, FileFormat
from scoring.simulator.dirt.soiler import DIRT_LEVELS, DirtLevel
from scoring.simulator.parameters import EFFECT_NAMES, WORLD_NAMES, Parameters, make_parameters
from scoring.simulator.season import EPOCH

Word = TypeVar("Word", bound=str)

LARGEST_WORLD = 10_000_000
"""User ids have seven digits."""
_BYTES_PER_USER_DAY = 20
"""Rough size of a user's day on disk (Parquet), for the check of free space."""
_BYTES_PER_DAY = 80_000
"""Ten folders a day with their files, however few rows."""
_SMALLEST_EFFECT, _LARGEST_EFFECT = -1.0, 1000.0
_CANNOT_BE = (
    errno.EEXIST,
    errno.ENOTDIR,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
)
"""Failures that another try cannot mend."""


def check_options(*, users: int, start: date, days: int, seed: int, processes: int | None) -> None:
    """Refuse options that are out of their range.

    Raises:
        ConfigurationError: One of them is.
    """
    if not 1 <= users <= LARGEST_WORLD:
        raise _refuse("--users", f"a number from 1 to {LARGEST_WORLD}", str(users))
    if start < EPOCH:
        raise _refuse("--start", f"a date from {EPOCH} on", str(start))
    longest = (date.max - start).days
    if not 1 <= days <= longest:
        raise _refuse("--days", f"a number from 1 to {longest}", str(days))
    if seed < 0:
        raise _refuse("--seed", "a number from 0 on", str(seed))
    if processes is not None and processes < 1:
        raise _refuse("--processes", "a number from 1 on", str(processes))


def check_dirt(dirt: str) -> DirtLevel:
    """The level of dirt of that name.

    Raises:
        ConfigurationError: There is none.
    """
    return _choose("--dirt", DIRT_LEVELS, dirt)


def check_format(file_format: str) -> FileFormat:
    """The file format of that name.

    Raises:
        ConfigurationError: There is none.
    """
    return _choose("--format", FILE_FORMATS, file_format)


def read_parameters(world: str, effects: list[str]) -> Parameters:
    """Parameters of the named world with effects set as ``name=value``.

    Raises:
        ConfigurationError: There is no such world or effect, or the value is no number.
    """
    chosen: dict[str, float] = {}
    for text in effects:
        name, _, value = text.partition("=")
        if name not in EFFECT_NAMES:
            raise _refuse("--effect", " | ".join(f"{each}=NUMBER" for each in EFFECT_NAMES), text)
        try:
            chosen[name] = float(value)
        except ValueError as error:
            raise _refuse("--effect", f"{name}=NUMBER", text) from error
        if not _SMALLEST_EFFECT <= chosen[name] <= _LARGEST_EFFECT:
            bounds = f"{name} from {_SMALLEST_EFFECT:g} to {_LARGEST_EFFECT:g}"
            raise _refuse("--effect", bounds, text)
    return make_parameters(_choose("--world", WORLD_NAMES, world), chosen)


def check_apart(truth: Path, out: Path) -> None:
    """Refuse a truth folder in or around the landing folder.

    Raises:
        ConfigurationError: It is.
    """
    if truth.is_relative_to(out) or out.is_relative_to(truth):
        raise _refuse(f"--truth {truth}", "a folder apart from the landing folder", "one in it")


def check_target(option: str, folder: Path) -> None:
    """Refuse a folder that has something in it.

    Raises:
        ConfigurationError: It has.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    raise ConfigurationError(
        "simulation refused",
        subject=f"{option} {folder}",
        expected="an absent or empty folder",
        got="a folder with files in it" if folder.is_dir() else "a file",
        next_step="Name another folder or empty this one; nothing was written.",
    )


def check_free_space(out: Path, users: int, days: int) -> None:
    """Refuse a world that will hardly fit on the disk of ``out``.

    Raises:
        TransientError: There is too little room.
    """
    needed = days * (users * _BYTES_PER_USER_DAY + _BYTES_PER_DAY)
    free = shutil.disk_usage(out.parent).free
    if free < needed:
        raise TransientError(
            "simulation refused",
            subject=f"--out {out}",
            expected=f"about {needed / 1e9:.1f} GB of free space",
            got=f"{free / 1e9:.1f} GB",
            next_step="Make room or name another disk; nothing was written.",
        )


def explain(error: OSError, option: str, folder: Path) -> ConfigurationError | TransientError:
    """The failure of a disk as an error for the user."""
    facts = {
        "subject": f"{option} {folder}",
        "got": f"{type(error).__name__} ({error.strerror or error})",
    }
    if error.errno in _CANNOT_BE:
        return ConfigurationError(
            "simulation refused",
            expected="a folder that can be written",
            next_step="Name another folder; nothing was written.",
            **facts,
        )
    return TransientError(
        "simulation stopped",
        expected="room and a working disk until the last day",
        next_step="Make room and run the same command again; nothing was kept.",
        **facts,
    )


def _choose(option: str, known: Sequence[Word], given: str) -> Word:
    for word in known:
        if word == given:
            return word
    raise _refuse(option, " | ".join(known), given)


def _refuse(option: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "simulation refused",
        subject=option,
        expected=expected,
        got=got,
        next_step="Correct the option; nothing was written.",
    )
