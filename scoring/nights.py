"""A night and its steps; Airflow, the command line and the tests all come through ``run_step``.

A step is a function ``(Settings, Night) -> StepReport`` that opens its own connections and closes
them before it ends. Running a day twice leaves the same content as once.
"""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from scoring.clock import business_date, utc_now
from scoring.errors import ConfigurationError
from scoring.recording import StepReport, run_recorded, startup
from scoring.settings import Settings
from scoring.steps import STEPS
from scoring.warehouse.lock import writer_lock

__all__ = ["STEPS", "Night", "StepReport", "make_night", "new_run_id", "run_night", "run_step"]


@dataclass(frozen=True)
class Night:
    """One business day as computed with what was known on ``known_on``.

    ``card_id`` names the card that scores it instead of that day's champion.
    """

    as_of_date: date
    known_on: date
    run_id: str
    card_id: str | None = None


StepFunction = Callable[[Settings, Night], StepReport]


def new_run_id(kind: str) -> str:
    """A readable unique id, e.g. ``night-20250131T020000-1a2b3c4d``."""
    return f"{kind}-{utc_now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


def make_night(
    as_of_date: date,
    known_on: date | None = None,
    run_id: str | None = None,
    card_id: str | None = None,
) -> Night:
    """A night with its defaults: everything known by the end of the day itself, its champion."""
    return Night(as_of_date, known_on or as_of_date, run_id or new_run_id("night"), card_id)


def run_step(settings: Settings, name: str, night: Night) -> StepReport:
    """Run one step and record its time, memory and outcome in ``ops.step_runs``.

    Raises:
        ConfigurationError: There is no such step, or the night lies ahead.
        CreditloopError: Whatever the step raised.
    """
    check_step_name(name, night.as_of_date)
    check_not_ahead(settings, night)

    def work() -> StepReport:
        module_name, function_name = STEPS[name].split(":")
        with startup():
            module = importlib.import_module(module_name)
        return cast("StepFunction", getattr(module, function_name))(settings, night)

    return run_recorded(settings, name, night.run_id, night.as_of_date, night.known_on, work)


def run_night(
    settings: Settings,
    night: Night,
    *,
    from_step: str = "ingest",
    on_step: Callable[[str, StepReport], None] | None = None,
) -> None:
    """Run the steps of a night in this process, from ``from_step`` on; no other run comes between.

    Args:
        settings: The deployment.
        night: What to compute.
        from_step: First step to run; the ones before it are taken as done.
        on_step: Called after each step, for progress.

    Raises:
        TransientError: Another run had the warehouse for ``lock_timeout_seconds``; nothing ran.
        CreditloopError: The first step that failed; nothing after it ran.
    """
    check_step_name(from_step, night.as_of_date)
    check_not_ahead(settings, night)
    names = list(STEPS)
    # Two nights of a day step by step in turns would each make the other's gates out of date.
    with writer_lock(settings):
        for name in names[names.index(from_step) :]:
            report = run_step(settings, name, night)
            if on_step is not None:
                on_step(name, report)


def check_not_ahead(settings: Settings, night: Night) -> None:
    """Refuse a night after today that nothing has landed for, most likely a slip of the keyboard.

    Published, it would seal every batch up to its date. The wall clock decides only whether to
    refuse, never what a result is; simulated files may lie in the future.

    Raises:
        ConfigurationError: The night, or what it is to be known on, lies ahead.
    """
    today = business_date(datetime.now(UTC), settings.business_timezone)
    last = max(night.as_of_date, night.known_on)
    if last <= today or any(settings.landing.glob(f"*/dt={last}")):
        return
    raise ConfigurationError(
        "night refused",
        subject=f"night@{night.as_of_date}, known on {night.known_on}",
        expected=f"no date after today ({today}) unless files have landed for it",
        got=f"{last}",
        next_step="Correct the date; publishing this night would close every day before it to "
        "new files.",
    )


def check_step_name(name: str, as_of_date: date) -> None:
    """Refuse an unknown step.

    Raises:
        ConfigurationError: ``name`` is no step.
    """
    if name not in STEPS:
        raise ConfigurationError(
            "step refused",
            subject=f"night@{as_of_date}",
            expected=" | ".join(STEPS),
            got=name,
            next_step="Name one of the steps.",
        )
