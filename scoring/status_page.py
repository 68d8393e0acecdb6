"""The status of a deployment as a page of plain text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from io import StringIO

from rich.console import Console

from scoring.status import Row, Status

WIDTH = 110


def render_status(status: Status, *, width: int = WIDTH) -> str:
    """A page of plain text; long lists are cut with their full length said."""
    page = StringIO()
    console = Console(file=page, width=width, color_system=None, markup=False, highlight=False)
    console.print(f"home {status.home}", soft_wrap=True)
    _print_publication(console, status)
    for problem in status.problems:
        console.print(f"PROBLEM {problem}", soft_wrap=True)
    if status.warehouse == "busy":
        console.print("warehouse: busy, a run is working; its records are not shown now")
    elif status.warehouse == "absent":
        console.print("warehouse: none yet")
    _print_rows(console, "cards", status.cards, note="reason")
    _print_rows(console, "cards of the night scored last", status.card_runs, note="message")
    _print_rows(console, "nights to be scored again by another card", status.outdated_nights)
    _print_rows(console, "generations", status.generations)
    _print_rows(console, "backfills", status.backfills, note="reason")
    _print_rows(console, "nights that would read otherwise now", status.restatements)
    _print_rows(console, "last runs", status.runs, note="message")
    _print_rows(console, "steps of the last run", status.steps, limit=20, note="message")
    _print_rows(console, "refused batches", status.refused_batches, note="refusal_message")
    _print_rows(console, "waivers", status.waivers)
    _print_rows(console, "quarantined rows", status.quarantine, limit=30)
    _print_rows(console, "nights that cannot be reproduced", status.irreproducible_nights)
    unread: list[Row] = [{"folder": folder} for folder in status.unread_folders]
    _print_rows(console, "landing folders not read", unread)
    return page.getvalue()


def _print_publication(console: Console, status: Status) -> None:
    row = status.publication
    if row is None:
        console.print("published: nothing yet")
    else:
        console.print(
            f"published: generation {row['generation']} with {row['night_count']} nights, newest "
            f"{row['newest_as_of_date']} (known on {row['newest_known_on']}), "
            f"card {row['card_id']}",
            soft_wrap=True,
        )
        console.print(f"content hash {row['content_hash']}, data {row['data_version']}")
        console.print(f"known basis {row['known_basis']}: {row['known_basis_statement']}")
        console.print(f"consent {row['consent_basis']}: {row['consent_statement']}")
        console.print(f"gates {json.dumps(row['gate_results'])}", soft_wrap=True)
    shown = ", ".join(
        f"{sink} {'none' if generation is None else generation}"
        for sink, generation in status.sinks.items()
    )
    console.print(f"sinks {'agree' if status.sinks_agree else 'DISAGREE'}: {shown}", soft_wrap=True)


def _print_rows(
    console: Console, title: str, rows: Sequence[Row], *, limit: int = 10, note: str | None = None
) -> None:
    """A table; the long text of the column ``note`` stands on lines of its own below its row."""
    if not rows:
        return
    cut = f" ({len(rows)}, the first {limit} shown)" if len(rows) > limit else ""
    console.print(f"\n{title}{cut}", markup=False, soft_wrap=True)
    names = [name for name in rows[0] if name != note]
    shown = [names, *([_cell(row[name]) for name in names] for row in rows[:limit])]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    notes = ["", *(_cell(row[note]) if note else "" for row in rows[:limit])]
    for cells, text in zip(shown, notes, strict=True):
        padded = zip(cells, widths, strict=True)
        console.print(
            "  ".join(cell.ljust(width) for cell, width in padded).rstrip(), soft_wrap=True
        )
        if text:
            console.print(f"    {text}", soft_wrap=True)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
