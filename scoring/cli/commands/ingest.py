"""``creditloop ingest`` and ``creditloop waive``: landed files into raw."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import typer

from scoring.cli.commands.night import AcceptOption, accepted_feeds
from scoring.cli.console import out, progress_bar
from scoring.cli.options import ReasonOption, require_reason, to_date
from scoring.settings import load_settings

DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("ingest")(ingest_command)
    app.command("waive")(waive_command)


def ingest_command(
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="One day.")
    ] = None,
    date_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of a range.")
    ] = None,
    date_to: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of a range.")
    ] = None,
    accept_missing: AcceptOption = None,
    reason: ReasonOption = None,
    *,
    history: Annotated[
        bool,
        typer.Option("--history", help="Date each row by its own first event (known: assumed)."),
    ] = False,
    reopen: Annotated[
        bool, typer.Option("--reopen", help="Replace sealed batches (needs --reason).")
    ] = False,
) -> None:
    """Load one landing day, or a range of days in one go."""
    first, last = _range(to_date(day), to_date(date_from), to_date(date_to))
    settings = load_settings()
    accepted = accepted_feeds(accept_missing, reason)
    reopen_reason = require_reason(reason, option="--reopen") if reopen else None
    from scoring.landing.ingest import load_range  # noqa: PLC0415 - only when asked for

    with progress_bar() as on_progress:
        report = load_range(
            settings,
            first,
            last,
            history=history,
            accept_missing=accepted,
            reopen_reason=reopen_reason,
            on_progress=on_progress,
        )
    out.print(report.summary, markup=False, highlight=False)


def waive_command(
    feed: Annotated[str, typer.Argument(help="Feed.")],
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Landing day.")],
    reason: ReasonOption = None,
    kind: Annotated[
        Literal["missing", "refused"], typer.Option(help="What is accepted.")
    ] = "missing",
) -> None:
    """Accept that a batch is missing or refused; it counts as absent for good."""
    from scoring.landing.waivers import waive  # noqa: PLC0415 - only when asked for

    text = require_reason(reason, option="waive")
    waive(load_settings(), feed, day.date(), kind=kind, reason=text)
    out.print(f"waived: {feed}@{day:%Y-%m-%d} ({kind})", markup=False, highlight=False)


def _range(day: date | None, first: date | None, last: date | None) -> tuple[date, date]:
    if day is not None and first is None and last is None:
        return day, day
    if day is None and first is not None and last is not None:
        return first, last
    raise typer.BadParameter("give --date, or --from and --to", param_hint="--date")
