"""``creditloop simulate``: a world of users, written as landing files of all ten feeds."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scoring.errors import ConfigurationError, TransientError
from scoring.simulator.arrears import step_arrears, step_checks, step_distress
from scoring.simulator.batches import FILE_FORMATS, BatchWriter, FileFormat
from scoring.simulator.bills import send_bills, step_bill_payments, step_bills
from scoring.simulator.disputes import step_disputes
from scoring.simulator.draws import step_draws, step_early_settlement
from scoring.simulator.lender import send_lines, step_freezes, step_reviews, step_score
from scoring.simulator.lives import plan_lives, step_lives
from scoring.simulator.loans import send_loans
from scoring.simulator.parameters import Parameters
from scoring.simulator.payments import step_installment_payments, step_reversals
from scoring.simulator.people import plan_people, step_people
from scoring.simulator.purchases import step_purchases
from scoring.simulator.season import EPOCH, to_day
from scoring.simulator.world import World, create_world

LARGEST_WORLD = 10_000_000
"""User ids have seven digits."""
_BYTES_PER_USER_DAY = 20
"""Rough size of a user's day on disk (Parquet), for the check of free space."""
_BYTES_PER_DAY = 80_000
"""Ten folders a day with their files, however few rows."""

STEPS: tuple[Callable[[World, int], None], ...] = (
    step_people,
    step_lives,
    step_distress,
    step_bills,
    step_reversals,
    step_bill_payments,
    step_installment_payments,
    step_checks,
    step_arrears,
    step_purchases,
    step_draws,
    step_early_settlement,
    step_score,
    step_freezes,
    step_reviews,
    step_disputes,
)
"""What happens on a day, in this order; then the day's changed records are sent."""


@dataclass(frozen=True)
class SimulationReport:
    """What was written.

    Attributes:
        folder: Where.
        users: Users that have registered by the last day.
        days: Number of days.
        row_counts: Rows by feed.
        byte_count: Bytes of data files.
        seconds: Time it took.
    """

    folder: Path
    users: int
    days: int
    row_counts: dict[str, int]
    byte_count: int
    seconds: float

    def render(self) -> str:
        """A few plain lines for a terminal."""
        total = sum(self.row_counts.values())
        lines = [f"{self.users:,} users, {self.days:,} days in {self.folder}"]
        lines += [f"  {feed:<16} {count:>14,} rows" for feed, count in self.row_counts.items()]
        lines.append(f"  {'together':<16} {total:>14,} rows, {self.byte_count / 1e6:,.1f} MB")
        lines.append(f"{self.seconds:.1f} s, {total / max(self.seconds, 1e-9):,.0f} rows/s")
        return "\n".join(lines)


def simulate(
    *,
    users: int,
    start: date,
    days: int,
    seed: int,
    out: Path,
    file_format: str = "parquet",
    on_progress: Callable[[str, int, int], None] | None = None,
) -> SimulationReport:
    """Simulate ``users`` users for ``days`` days and write the landing files of every day.

    Writes ``<out>/<feed>/dt=YYYY-MM-DD/part.<file_format>`` and ``_control.json``; a day without
    rows has only the latter. Equal arguments give equal bytes. User i lives the same life whatever
    ``users`` is, and the first days are the same whatever ``days`` is.

    Args:
        users: Size of the population, 1 to 10,000,000; nine in ten are there from the start.
        start: First day, not before 1970-01-01.
        days: Number of days, at least 1.
        seed: Non-negative; another seed is another world.
        out: Folder to write; it must be absent or empty.
        file_format: ``parquet``, ``csv``, ``csv.gz`` or ``jsonl``.
        on_progress: Called after each day with what is done, days done and days in all.

    Raises:
        ConfigurationError: An option is out of its range, or ``out`` cannot be written there.
        TransientError: There is not enough space, or writing failed; ``out`` is as it was.
    """
    started = time.perf_counter()
    _check_options(users, start, days, seed)
    kind = _check_format(file_format)
    out = out.expanduser().resolve()
    _check_folder(out)
    aside = out.parent / f".{out.name}.partial-{os.getpid()}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        _check_space(out, users, days)
        first = to_day(start)
        world = create_world(
            users=users,
            start=first,
            last_day=first + days - 1,
            seed=seed,
            parameters=Parameters(),
        )
        writer = BatchWriter(aside, kind)
        _live(world, days, writer, on_progress)
        aside.rename(out)
    except OSError as error:
        raise _explain(error, out) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return SimulationReport(
        folder=out,
        users=int((world.hidden.registered_day <= world.last_day).sum()),
        days=days,
        row_counts=writer.row_counts,
        byte_count=writer.byte_count,
        seconds=time.perf_counter() - started,
    )


def _live(
    world: World,
    days: int,
    writer: BatchWriter,
    on_progress: Callable[[str, int, int], None] | None,
) -> None:
    plan_people(world)
    plan_lives(world)
    for done in range(days):
        day = world.start + done
        for step in STEPS:
            step(world, day)
        send_bills(world)
        send_loans(world)
        send_lines(world, day)
        writer.write_day(day, world.batch)
        if on_progress is not None:
            on_progress("simulate days", done + 1, days)


def _check_options(users: int, start: date, days: int, seed: int) -> None:
    if not 1 <= users <= LARGEST_WORLD:
        raise _refuse("--users", f"a number from 1 to {LARGEST_WORLD}", str(users))
    if start < EPOCH:
        raise _refuse("--start", f"a date from {EPOCH} on", str(start))
    longest = (date.max - start).days
    if not 1 <= days <= longest:
        raise _refuse("--days", f"a number from 1 to {longest}", str(days))
    if seed < 0:
        raise _refuse("--seed", "a number from 0 on", str(seed))


def _check_format(file_format: str) -> FileFormat:
    for known in FILE_FORMATS:
        if known == file_format:
            return known
    raise _refuse("--format", " | ".join(FILE_FORMATS), file_format)


def _refuse(option: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "simulation refused",
        subject=option,
        expected=expected,
        got=got,
        next_step="Correct the option; nothing was written.",
    )


def _check_folder(out: Path) -> None:
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists():
        raise ConfigurationError(
            "simulation refused",
            subject=f"--out {out}",
            expected="an absent or empty folder",
            got="a folder with files in it" if out.is_dir() else "a file",
            next_step="Name another folder or empty this one; nothing was written.",
        )


def _check_space(out: Path, users: int, days: int) -> None:
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


def _explain(error: OSError, out: Path) -> ConfigurationError | TransientError:
    cannot_be = (
        errno.EEXIST,
        errno.ENOTDIR,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENAMETOOLONG,
    )
    facts = {
        "subject": f"--out {out}",
        "got": f"{type(error).__name__} ({error.strerror or error})",
    }
    if error.errno in cannot_be:
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
