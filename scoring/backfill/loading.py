"""The step ``ingest`` of a backfill: every batch its days may look at, loaded in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scoring.backfill.judging import refusal_of
from scoring.backfill.ledger import mark_days
from scoring.errors import DataRefusedError, PermanentError
from scoring.landing.arrival import check_arrivals
from scoring.nights import Night, run_step
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


def load_batches(
    settings: Settings, nights: Sequence[Night], tell: Callable[[str, str], None]
) -> None:
    """Load what has landed for the nights, and refuse those whose batches are missing or refused.

    Args:
        settings: The deployment.
        nights: Nights of one backfill that are not judged yet.
        tell: Called with what was done.

    Raises:
        ConfigurationError: No identity key, or another one than before.
        TransientError: A landing folder is still being written.
    """
    if not nights:
        return
    last = max(nights, key=lambda night: night.known_on)
    try:
        report = run_step(settings, "ingest", last)
    except DataRefusedError:
        _load_one_by_one(settings, nights, tell)
        return
    tell("ingest", report.summary)
    with open_warehouse(settings) as connection:
        for night in nights:
            try:
                check_arrivals(connection, settings, night.known_on)
            except PermanentError as error:
                mark_days(connection, [night], "refused", refusal_of(error))
                tell("refused", f"{night.as_of_date} {error}")


def _load_one_by_one(
    settings: Settings, nights: Sequence[Night], tell: Callable[[str, str], None]
) -> None:
    """Each night by itself, so that only those are refused that could look at a bad batch."""
    verdicts: dict[object, str | None] = {}
    for night in sorted(nights, key=lambda night: night.known_on):
        if night.known_on not in verdicts:
            verdicts[night.known_on] = _try_ingest(settings, night)
        message = verdicts[night.known_on]
        if message is not None:
            with open_warehouse(settings) as connection:
                mark_days(connection, [night], "refused", message)
            tell("refused", f"{night.as_of_date} {message}")


def _try_ingest(settings: Settings, night: Night) -> str | None:
    try:
        run_step(settings, "ingest", night)
    except PermanentError as error:
        message = refusal_of(error)
        if message is None:
            raise
        return message
    return None
