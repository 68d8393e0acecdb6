"""``creditloop card register|promote|rollback|retire|list``: which card scores which night."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from scoring.cli.console import out
from scoring.cli.options import JsonOption, ReasonOption, require_reason, to_date
from scoring.settings import load_settings

FromOption = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=["%Y-%m-%d"],
        help="First night it holds for; default the one after the newest published night. An "
        "earlier one restates published nights, which are named.",
    ),
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decided; kept in the records.")]
CardArgument = Annotated[str, typer.Argument(metavar="CARD_ID", help="A registered card.")]


class Rank(StrEnum):
    """What a card can be promoted to."""

    CHALLENGER = "challenger"
    CHAMPION = "champion"


def register(app: typer.Typer) -> None:
    """Add the commands to the family ``card``."""
    app.command("register")(register_command)
    app.command("promote")(promote_command)
    app.command("rollback")(rollback_command)
    app.command("retire")(retire_command)
    app.command("list")(list_command)


def register_command(
    card: Annotated[Path, typer.Argument(metavar="CARD.json", help="A sealed card.")],
    by: ByOption = None,
) -> None:
    """Take a sealed card into the deployment as a draft, with the report beside it if any."""
    from scoring.releases.actions import register_card  # noqa: PLC0415 - only when asked for

    decision = register_card(load_settings(), card, by)
    _say(decision.summary)


def promote_command(
    card_id: CardArgument,
    to: Annotated[Rank, typer.Option("--to", help="challenger: score in the shadow.")],
    day: FromOption = None,
    reason: ReasonOption = None,
    by: ByOption = None,
) -> None:
    """Make a card challenger, or a challenger with a validation report champion."""
    from scoring.releases.actions import promote_card  # noqa: PLC0415 - only when asked for

    decision = promote_card(
        load_settings(),
        card_id,
        to.value,
        reason=require_reason(reason, option="card promote"),
        day=to_date(day),
        decided_by=by,
    )
    _say(decision.summary)


def rollback_command(
    day: FromOption = None, reason: ReasonOption = None, by: ByOption = None
) -> None:
    """Return to the champion before the last promotion."""
    from scoring.releases.actions import roll_back_card  # noqa: PLC0415 - only when asked for

    decision = roll_back_card(
        load_settings(),
        reason=require_reason(reason, option="card rollback"),
        day=to_date(day),
        decided_by=by,
    )
    _say(decision.summary)


def retire_command(
    card_id: CardArgument,
    day: FromOption = None,
    reason: ReasonOption = None,
    by: ByOption = None,
) -> None:
    """Take a draft or challenger out of use."""
    from scoring.releases.actions import retire_card  # noqa: PLC0415 - only when asked for

    decision = retire_card(
        load_settings(),
        card_id,
        reason=require_reason(reason, option="card retire"),
        day=to_date(day),
        decided_by=by,
    )
    _say(decision.summary)


def list_command(*, as_json: JsonOption = False) -> None:
    """Show every registered card: state, since which night, why, and its validation report."""
    from scoring.releases.overview import list_cards  # noqa: PLC0415 - only when asked for
    from scoring.warehouse.store import open_warehouse  # noqa: PLC0415

    settings = load_settings()
    with open_warehouse(settings) as connection:
        rows = list_cards(connection, settings)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
        return
    table = Table("card", "state", "since night", "report", "by", "reason")
    for row in rows:
        file, report = str(row["card_file"]), str(row["report"])
        cells = [row["card_id"], row["state"], row["since"], report if file == "ok" else file]
        cells += [row["decided_by"] or "", row["reason"]]
        table.add_row(*(str(cell) for cell in cells))
    out.print(table, markup=False, highlight=False)


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False)
