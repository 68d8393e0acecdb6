"""Publishing nights: one new generation, built aside, shown by one rename."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Literal

import duckdb

from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.errors import CreditloopError, PermanentError
from scoring.nights import Night
from scoring.publish.columns import CHANGES, POINTS, REASONS, SCORES
from scoring.publish.consent import Consent, read_consent
from scoring.publish.databases import attached_base, attached_new
from scoring.publish.files import aside, settle
from scoring.publish.gates import require_open_gates, sum_gates
from scoring.publish.generation import GenerationPlan, count_rows, fill_generation
from scoring.publish.manifest import Manifest
from scoring.publish.night_files import NightWriter
from scoring.publish.published import Publication, generation_file
from scoring.publish.registry import next_generation, reconcile, record_current
from scoring.publish.sinks import catch_up, sweep_elsewhere, switch_all
from scoring.publish.sweep import sweep
from scoring.recording import StepReport
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

log = logging.getLogger(__name__)


def publish_night(settings: Settings, night: Night) -> StepReport:
    """Publish one checked night; see ``publish_nights``. Nights may come in any order."""
    return publish_nights(settings, [night])


def publish_nights(settings: Settings, nights: Sequence[Night]) -> StepReport:
    """Publish checked nights as one generation; readers see the previous one until the very end.

    Publishing the same content again changes nothing. Killed anywhere, the same call again ends
    with the same content.

    Args:
        settings: The deployment.
        nights: At least one; each business day once, as ``GenerationPlan`` demands.

    Returns:
        The generation and its row counts.

    Raises:
        TransientError: PostgreSQL cannot be written; every sink shows what it did before.
        GateClosedError: The gates have not passed for one of these very nights.
        PermanentError: There are no scores, or a catalogued feature is missing.
    """
    from scoring.landing.raw_views import create_raw_views  # noqa: PLC0415 - reads contracts

    with open_warehouse(settings) as connection:
        create_raw_views(connection, settings)
        base = reconcile(connection, settings)
        highest_elsewhere = catch_up(connection, settings, base)
        gates = sum_gates([require_open_gates(connection, night) for night in nights])
        for night in nights:
            _require_scores(connection, night)
        consent = read_consent(connection, settings)
        generation = next_generation(connection, settings, base, highest_elsewhere)
        writer = NightWriter(connection, settings, consent, generation)
        manifest = write_night_files(writer, nights, consent, base.manifest if base else None)
        plan = GenerationPlan(
            generation, tuple(nights), manifest, base.manifest if base else None, consent, gates
        )
        publication = _build(connection, settings, plan, base)
        if publication is None:
            if base is not None:  # a run that died after its switch may not have come to this
                _record_contents(connection, base, nights, "insert or ignore")
            return _unchanged(plan.night, base)
        _show(connection, settings, publication, base)
        record_current(connection, publication, "published")
        _record_contents(connection, publication, nights)
        sweep(connection, settings)
        sweep_elsewhere(connection, settings)
    return _report(publication, nights)


def write_night_files(
    writer: NightWriter, nights: Sequence[Night], consent: Consent, base: Manifest | None
) -> Manifest:
    """Write the files that nights bring and return the list of the new generation."""
    old = base or Manifest()
    manifest, changed = old, set()
    for night in nights:
        reading = (night.as_of_date, night.known_on)
        scores, points = (
            writer.write_night(table, *reading, old.find(table, *reading))
            for table in (SCORES, POINTS)
        )
        manifest = manifest.advance(scores, points)
        if old.makes_current(*reading):
            reasons = writer.write_night(REASONS, *reading, old.find(REASONS, *reading))
            manifest = manifest.put(reasons)
            changed.add(night.as_of_date)
    # Only now it is known which night stands before which.
    followers = {manifest.night_after(day) for day in changed}
    for day in sorted(changed | {day for day in followers if day is not None}):
        manifest = _put_changes(writer, manifest, old, day)
    asked = consent.known_on if consent.is_asked else None
    return manifest.with_consented(writer.write_consented(asked) if asked else None)


def _put_changes(writer: NightWriter, manifest: Manifest, old: Manifest, day: date) -> Manifest:
    """The list with the changes of one night against the night before it."""
    scores = manifest.current_scores(day)
    if scores is None:
        return manifest
    before = manifest.night_before(day)
    previous = manifest.current_scores(before) if before else None
    published = old.find(CHANGES, day, scores.known_on)
    return manifest.put(writer.write_changes(scores, previous, published))


def _build(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    plan: GenerationPlan,
    base: Publication | None,
) -> Publication | None:
    """Build the generation aside; None if it shows just what readers see already."""
    target = generation_file(settings, plan.generation)
    written = aside(target)
    try:
        base_file = generation_file(settings, base.generation) if base else None
        with attached_base(connection, base_file), attached_new(connection, written):
            text = fill_generation(connection, settings, plan)
        if base is not None and base.content_hash == text:
            return None
        settle(written, target)
    finally:
        written.unlink(missing_ok=True)
    night = plan.night
    return Publication(
        plan.generation, night.run_id, night.as_of_date, night.known_on, text, plan.manifest
    )


def _show(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    publication: Publication,
    base: Publication | None,
) -> None:
    """Switch every sink; a generation that cannot be shown leaves no file behind."""
    try:
        switch_all(connection, settings, publication, base)
    except CreditloopError:
        generation_file(settings, publication.generation).unlink(missing_ok=True)
        raise


def _require_scores(connection: duckdb.DuckDBPyConnection, night: Night) -> None:
    rows = (
        f"(from scores.scores where as_of_date = date '{night.as_of_date}' "
        f"and known_on = date '{night.known_on}')"
    )
    if count_rows(connection, rows) == 0:
        raise PermanentError(
            "publication refused",
            subject=f"scores@{night.as_of_date}, known on {night.known_on}",
            expected="scores of this night in the warehouse",
            got="none",
            next_step=f"Run `creditloop score --date {night.as_of_date}` and check the scores.",
        )


def _record_contents(
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    nights: Sequence[Night],
    insert: Literal["insert or replace", "insert or ignore"] = "insert or replace",
) -> None:
    readings = {(night.as_of_date, night.known_on) for night in nights}
    for file in publication.manifest.files:
        if (file.as_of_date, file.known_on) not in readings:
            continue
        connection.execute(
            f"{insert} into ops.table_contents values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                f"published.{file.table_name}",
                file.as_of_date,
                file.known_on,
                file.row_count,
                file.content_hash,
                publication.run_id,
                code_version(),
                utc_now(),
            ],
        )


def _unchanged(night: Night, base: Publication | None) -> StepReport:
    number = base.generation if base else 0
    return StepReport(
        f"nothing new in {night.as_of_date} (known on {night.known_on}): generation {number} "
        "shows it already"
    )


def _report(publication: Publication, nights: Sequence[Night]) -> StepReport:
    manifest = publication.manifest
    counts = {
        table: file.row_count
        for table in (SCORES, POINTS, REASONS, CHANGES)
        if (file := manifest.find(table, publication.as_of_date, publication.known_on))
    }
    brought = f"{len(nights)} of them new, " if len(nights) > 1 else ""
    return StepReport(
        f"generation {publication.generation} shows {len(manifest.readings())} nights, {brought}"
        f"{publication.as_of_date} (known on {publication.known_on}) with "
        f"{counts.get(SCORES, 0)} users",
        {"generation": publication.generation, **counts},
    )
