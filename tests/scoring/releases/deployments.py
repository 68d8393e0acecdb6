"""Small cards with their reports, and nights that count as published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from scoring.cards.canonical import dump_card
from scoring.cards.card import Card
from scoring.cards.report_seal import write_report_seal
from scoring.clock import utc_now
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import make_card


def write_card(folder: Path, card_id: str, *, has_report: bool = True, **changes: object) -> Path:
    """A sealed card, by default with a report of its own beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    card = make_card(card_id=card_id, **changes)
    path = folder / f"{card_id}.json"
    path.write_text(dump_card(card), encoding="utf-8")
    if has_report:
        write_report(folder, card)
    return path


def write_report(folder: Path, card: Card) -> Path:
    report = folder / f"{card.card_id}.report.html"
    report.write_text(f"<p>{card.card_id} was validated</p>", encoding="utf-8")
    return write_report_seal(card, report)


def set_published(settings: Settings, *days: date) -> None:
    """Let readers see these nights, and no others."""
    with open_warehouse(settings) as connection:
        connection.execute("delete from ops.generations")
        connection.execute("delete from ops.generation_nights")
        connection.execute(
            "insert into ops.generations values (1, 'run', ?, ?, 'hash', 'current', ?)",
            [days[-1], days[-1], utc_now()],
        )
        for day in days:
            connection.execute(
                "insert into ops.generation_nights values "
                "(1, 'scores_history', ?, ?, 'file', 'hash', 1, true)",
                [day, day],
            )
