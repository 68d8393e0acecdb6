"""Step ``score``: one night through its cards into ``scores``, and why scores changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from scoring.changes.night import ChangeCounts, fill_changes
from scoring.code_version import code_version
from scoring.engines.engine import engine_of
from scoring.nights import Night, StepReport
from scoring.releases.night_cards import NightCards, choose_cards
from scoring.score.card_runs import CardRun, clear_runs, own_run, record_runs, unusable_runs
from scoring.score.compiled import CompiledCard, compile_card
from scoring.score.marts import CatalogEntry, check_night, count_night_users, read_catalog
from scoring.score.parts import describe_failure
from scoring.score.shadow import ShadowScores
from scoring.score.status import SCORED, STATUSES
from scoring.score.store import check_bands, delete_night, insert_batch, record_contents
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


def score_night(settings: Settings, night: Night) -> StepReport:
    """Score every user of the night and replace exactly that night in the score tables.

    The champion of the night (or ``night.card_id``) fills ``scores``; challengers fill
    ``scores.shadow_scores``, and one that fails is recorded and left out. Idempotent: everything
    of the champion happens in one transaction that begins with deleting the night.

    Returns:
        Counts of users by status, under ``users`` and each status, and of scores that ``moved``.

    Raises:
        PermanentError: The night has no users, the marts disagree, or bands have a gap.
        ConfigurationError: No champion card, or it does not fit the marts.
    """
    with open_warehouse(settings) as connection:
        catalog = read_catalog(connection, night)
        cards = choose_cards(
            connection, settings, night, {name: entry.dimension for name, entry in catalog.items()}
        )
        compiled = compile_card(cards.card)
        check_bands(connection, night, cards.card)
        users = count_night_users(connection, night)
        challengers, failed = _fit_challengers(connection, night, cards, catalog)
        shadows = ShadowScores(connection, night, challengers)
        reader = connection.cursor()
        try:
            connection.execute("begin transaction")
            delete_night(connection, night)
            engine = engine_of(settings)
            for part in engine.score_cards(settings, reader, night, compiled, challengers, catalog):
                if part.compiled is not compiled:
                    shadows.add(part)
                elif part.evidence is not None and part.scored is not None:
                    insert_batch(connection, night, compiled, part.evidence, part.scored)
            record_contents(connection, night, code_version())
            counts = _count_statuses(connection, night)
            clear_runs(connection, night)
            record_runs(connection, night, [own_run(cards, counts[SCORED])])
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            shadows.abandon()
            raise
        finally:
            reader.close()
        record_runs(connection, night, failed)
        runs = [*shadows.finish(), *failed]
        changes = fill_changes(connection, settings, night)
    return StepReport(
        summary=_summarise(cards, users, counts, runs, changes),
        row_counts={"users": users, **counts, "moved": changes.moved},
    )


def _fit_challengers(
    connection: duckdb.DuckDBPyConnection,
    night: Night,
    cards: NightCards,
    catalog: Mapping[str, CatalogEntry],
) -> tuple[list[CompiledCard], list[CardRun]]:
    """The challengers that the night's marts and bands fit, and the runs of all others."""
    fitting: list[CompiledCard] = []
    failed = unusable_runs(cards)
    for card in cards.challengers:
        try:
            compiled = compile_card(card)
            check_night(connection, night, compiled, catalog)
        except Exception as error:  # noqa: BLE001 - the champion's night goes on
            why = describe_failure(error)
            failed.append(CardRun(card.card_id, card.hash, "challenger", "failed", None, why))
        else:
            fitting.append(compiled)
    return fitting, failed


def _summarise(
    cards: NightCards,
    users: int,
    counts: Mapping[str, int],
    runs: Sequence[CardRun],
    changes: ChangeCounts,
) -> str:
    by_status = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES)
    text = f"{users:,} users by card {cards.card.card_id}: {by_status}; {changes.summary}"
    if cards.role == "requested":
        text += f"; the card was asked for, the champion is {cards.champion_id}"
    for state, words in (("scored", "in the shadow"), ("failed", "FAILED in the shadow")):
        names = ", ".join(sorted(run.card_id for run in runs if run.state == state))
        text += f"; {words}: {names}" if names else ""
    return text


def _count_statuses(connection: duckdb.DuckDBPyConnection, night: Night) -> dict[str, int]:
    rows = connection.execute(
        """
        select score_status, count(*)
        from scores.scores
        where as_of_date = ? and known_on = ?
        group by score_status
        """,
        [night.as_of_date, night.known_on],
    ).fetchall()
    found = {str(status): int(count) for status, count in rows}
    return {status: found.get(status, 0) for status in STATUSES}
