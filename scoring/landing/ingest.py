"""Ingest: landed files into ``raw``, for one night or for a range of days in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date

from scoring.errors import ConfigurationError
from scoring.landing.arrival import check_arrivals, find_gaps
from scoring.landing.batches import count_loaded_feeds
from scoring.landing.contract import Feed, load_feeds
from scoring.landing.folders import check_landing_is_there
from scoring.landing.identity import attach_vault
from scoring.landing.loading import LoadContext
from scoring.landing.passes import IngestPass
from scoring.landing.raw_files import protect_spill_files, remove_leftovers
from scoring.landing.report import IngestReport
from scoring.landing.sealing import sealed_through
from scoring.nights import Night, StepReport, new_run_id
from scoring.recording import run_recorded
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

OnProgress = Callable[[str, int, int], None]


def ingest_night(settings: Settings, night: Night) -> StepReport:
    """Load what has landed for a night: its own day, and earlier days that are not loaded yet.

    Raises:
        DataRefusedError: A batch is refused, missing or unfinished; good batches are loaded first.
        TransientError: A landing folder is still being written, or is gone.
        ConfigurationError: No identity key, or another one than before.
    """
    known_on = night.known_on
    with ExitStack() as stack:
        work = _start(stack, settings, night.run_id, history=False, reopen_reason=None)
        for feed in _ordered_feeds(None):
            work.load_open_days(feed, known_on)
        work.raise_first_problem()
        check_arrivals(work.context.connection, settings, known_on)
        if work.context.sealed is not None:
            first = date.fromordinal(work.context.sealed.toordinal() + 1)
            work.warn(*find_gaps(work.context.connection, settings, first, known_on))
        return work.report().to_step_report()


def load_range(
    settings: Settings,
    date_from: date,
    date_to: date,
    *,
    history: bool = False,
    reopen_reason: str | None = None,
    accept_missing: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
) -> StepReport:
    """``ingest_range`` as a run of its own, recorded with its time and memory; same errors."""
    run_id = new_run_id("ingest")

    def work() -> StepReport:
        return ingest_range(
            settings,
            date_from,
            date_to,
            run_id=run_id,
            history=history,
            reopen_reason=reopen_reason,
            accept_missing=accept_missing,
            on_progress=on_progress,
        ).to_step_report()

    return run_recorded(settings, "ingest_range", run_id, date_to, date_to, work)


def ingest_range(
    settings: Settings,
    date_from: date,
    date_to: date,
    *,
    run_id: str,
    history: bool = False,
    feeds: Sequence[str] | None = None,
    reopen_reason: str | None = None,
    accept_missing: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
) -> IngestReport:
    """Load every landing folder of a range of days in one pass.

    Args:
        settings: The deployment.
        date_from: First landing date.
        date_to: Last landing date.
        run_id: Recorded with every batch.
        history: Date each row by its own first event instead of by its folder.
        feeds: Names of the feeds to load; default all.
        reopen_reason: Replace sealed batches, for this reason.
        accept_missing: Feed -> reason: waive its expected batches of the range that are missing.
        on_progress: Called with (what, batches done, batches in all).

    Raises:
        DataRefusedError: A batch is refused; the good ones are loaded first.
        TransientError: A landing folder is still being written, and the others are loaded; or
            the landing folder itself is gone.
        ConfigurationError: A wrong feed name or range, or the identity key.
    """
    _check_range(date_from, date_to)
    chosen = _ordered_feeds(feeds)
    with ExitStack() as stack:
        work = _start(stack, settings, run_id, history=history, reopen_reason=reopen_reason)
        for feed in chosen:
            work.load_range(feed, date_from, date_to, on_progress)
        for name, reason in (accept_missing or {}).items():
            work.waive_missing(name, date_from, date_to, reason)
        work.raise_first_problem()
        return work.report()


def _check_range(date_from: date, date_to: date) -> None:
    if date_from > date_to:
        raise ConfigurationError(
            "ingest refused",
            subject=f"{date_from}..{date_to}",
            expected="a first day that is not after the last",
            got="the opposite",
            next_step="Swap the two dates.",
        )


def _start(
    stack: ExitStack,
    settings: Settings,
    run_id: str,
    *,
    history: bool,
    reopen_reason: str | None,
) -> IngestPass:
    connection = stack.enter_context(open_warehouse(settings))
    check_landing_is_there(settings, count_loaded_feeds(connection))
    stack.enter_context(attach_vault(connection, settings))
    protect_spill_files(connection)
    remove_leftovers(settings)
    sealed = sealed_through(connection)
    context = LoadContext(connection, settings, run_id, history, reopen_reason, sealed)
    return IngestPass(context)


def _ordered_feeds(names: Sequence[str] | None) -> list[Feed]:
    """Users first, then feeds, then feeds that are dated by another feed."""
    known = load_feeds()
    for name in names or ():
        if name not in known:
            raise ConfigurationError(
                "ingest refused",
                subject=name,
                expected=" | ".join(known),
                got="an unknown feed",
                next_step="Name one of the feeds.",
            )
    chosen: Iterable[Feed] = known.values() if names is None else (known[name] for name in names)
    return sorted(
        chosen, key=lambda feed: (feed.name != "users", feed.history_parent is not None, feed.name)
    )
