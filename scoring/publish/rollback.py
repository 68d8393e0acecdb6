"""Returning readers to an earlier generation."""

from __future__ import annotations

import duckdb

from scoring.errors import ConfigurationError, PermanentError, TransientError
from scoring.nights import new_run_id
from scoring.publish.consent import read_consent
from scoring.publish.published import (
    Publication,
    generation_file,
    published_file,
    read_generation,
)
from scoring.publish.registry import reconcile, record_current
from scoring.publish.rewrite import narrow_to_consent
from scoring.publish.sinks import is_lagging, move_each
from scoring.publish.sweep import sweep_unfinished
from scoring.recording import StepReport, run_recorded
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


def rollback(
    settings: Settings, to_generation: int | None = None, reason: str = "not given"
) -> StepReport:
    """Show an earlier kept generation again and withdraw the later ones.

    No later generation shows the nights they had brought until those are published again. Users
    who have revoked their consent since stay withheld.

    Args:
        settings: The deployment.
        to_generation: Which one; default the newest kept one before the current.
        reason: Why, for the record.

    Raises:
        PermanentError: There is nothing to return to.
        ConfigurationError: The generation asked for is not kept, or is the one that is shown by
            every sink.
        TransientError: The file moved, and another sink did not.
    """
    if not published_file(settings).parent.exists():
        raise _refuse("none", "a published generation", "nothing was published yet")
    # Open until the end: whatever opens the warehouse in between finds it open already.
    with open_warehouse(settings) as connection:
        current = _read_current(connection, settings)
        target = _choose(connection, settings, current, to_generation)

        def work() -> StepReport:
            return _return_to(settings, target, current, reason)

        return run_recorded(
            settings, "rollback", new_run_id("rollback"), target.as_of_date, target.known_on, work
        )


def _return_to(
    settings: Settings, target: Publication, current: int | None, reason: str
) -> StepReport:
    from scoring.landing.raw_views import create_raw_views  # noqa: PLC0415 - reads contracts

    with open_warehouse(settings) as connection:
        create_raw_views(connection, settings)
        shown = narrow_to_consent(connection, settings, target, read_consent(connection, settings))
        stuck = move_each(connection, settings, shown)
        record_current(connection, shown, f"rollback: {reason}")
        sweep_unfinished(settings)
    if stuck:
        raise TransientError(
            "rollback half done",
            subject=f"generation {shown.generation}",
            expected="every sink to show it",
            got=f"the published file only, not {', '.join(stuck)}",
            next_step=f"Repeat as `creditloop rollback --to {shown.generation}` when it answers; "
            "the next publication does the same.",
        )
    return StepReport(
        f"generation {shown.generation} is shown again instead of {current}; the nights that came "
        "after it are withdrawn until they are published again",
        {"generation": shown.generation},
    )


def _read_current(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int | None:
    """The generation readers see, as the published file says, or ``ops`` if it cannot be read."""
    try:
        publication = reconcile(connection, settings)
    except PermanentError:
        row = connection.execute(
            "select generation from ops.generations where state = 'current'"
        ).fetchone()
        return int(row[0]) if row else None
    return publication.generation if publication else None


def _choose(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    current: int | None,
    to_generation: int | None,
) -> Publication:
    kept = [
        int(generation)
        for (generation,) in connection.execute(
            "select generation from ops.generations where state = 'kept' order by generation desc"
        ).fetchall()
        if generation_file(settings, generation).exists()
    ]
    shown = ", ".join(str(generation) for generation in kept) or "none"
    if to_generation is not None and to_generation == current and is_lagging(settings, current):
        return read_generation(generation_file(settings, current))
    if not kept:
        raise _refuse(current, "an earlier kept generation", "none")
    if to_generation is not None and to_generation not in kept:
        state = "the one that is shown" if to_generation == current else "one that is not kept"
        raise ConfigurationError(
            "rollback refused",
            subject=f"generation {to_generation}",
            expected=f"an earlier kept generation ({shown})",
            got=state,
            next_step="Name one of them with --to; nothing was changed.",
        )
    return read_generation(generation_file(settings, to_generation or kept[0]))


def _refuse(generation: object, expected: str, got: str) -> PermanentError:
    return PermanentError(
        "rollback refused",
        subject=f"generation {generation}",
        expected=expected,
        got=got,
        next_step="See `creditloop status`; nothing was changed.",
    )
