"""``creditloop backfill``: past days computed again, shown as one generation."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.backfill.ledger import RULES, Scope
from scoring.backfill.request import Request
from scoring.cli.console import err, out
from scoring.cli.options import JsonOption, ReasonOption
from scoring.errors import ConfigurationError, GateClosedError
from scoring.settings import load_settings

if TYPE_CHECKING:
    from scoring.backfill.runner import Outcome


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backfill")(backfill_command)


def backfill_command(
    date_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First business day.")
    ] = None,
    date_to: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last business day.")
    ] = None,
    known_on: Annotated[
        str,
        typer.Option(
            "--known-on",
            help="original: each day as known at its end; latest: with all that is known now.",
        ),
    ] = "original",
    reason: ReasonOption = None,
    abandon: Annotated[
        str | None, typer.Option("--abandon", help="Only give up this unfinished backfill.")
    ] = None,
    *,
    affected_only: Annotated[
        bool,
        typer.Option(
            "--affected-only",
            help="With --known-on latest: compute only users whose records came late.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change, and why.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute past days again and publish those that pass their gates, as one generation.

    The same command goes on with an unfinished backfill. Exit code 1 if a day was refused.
    """
    settings = load_settings()
    if abandon is not None:
        from scoring.backfill.opening import abandon_backfill  # noqa: PLC0415 - only when asked for

        found = abandon_backfill(settings, abandon)
        _print(f"{found.backfill_id} of {found.date_from}..{found.date_to} is given up")
        return
    scope: Scope = "affected" if affected_only else "all"
    request = _make_request(date_from, date_to, known_on, scope, reason)
    from scoring.backfill.planner import plan_backfill  # noqa: PLC0415 - heavy

    plan = plan_backfill(settings, request)
    if dry_run:
        _print(json.dumps(plan.to_dict(), default=str) if as_json else plan.render())
        return
    from scoring.backfill.runner import run_backfill  # noqa: PLC0415 - heavy

    outcome = run_backfill(settings, request, causes=plan.causes, on_step=_print_step)
    _print(json.dumps(_describe(outcome), default=str) if as_json else outcome.report.summary)
    _raise_refusals(outcome)


def _make_request(
    date_from: datetime | None,
    date_to: datetime | None,
    known_on: str,
    scope: Scope,
    reason: str | None,
) -> Request:
    if date_from is None or date_to is None:
        raise typer.BadParameter("give --from and --to, or --abandon", param_hint="--from")
    for rule in RULES:
        if known_on == rule:
            return Request(date_from.date(), date_to.date(), rule, scope, reason)
    raise ConfigurationError(
        "option refused",
        subject="--known-on",
        expected=" | ".join(RULES),
        got=known_on,
        next_step="Name one of them.",
    )


def _describe(outcome: Outcome) -> dict[str, object]:
    return {
        **asdict(outcome.backfill),
        "days": [
            {
                "as_of_date": day.as_of_date,
                "known_on": day.night.known_on,
                "state": day.state,
                "message": day.message,
            }
            for day in outcome.days
        ],
    }


def _raise_refusals(outcome: Outcome) -> None:
    """End with exit code 1 if a day is not published.

    Raises:
        GateClosedError: One or more are not.
    """
    if not outcome.refused:
        return
    first, count = outcome.refused[0], len(outcome.refused)
    raise GateClosedError(
        "days not published",
        subject=outcome.backfill.subject,
        expected=f"all {len(outcome.days)} days through their gates",
        got=f"{count} refused, the first {first.as_of_date}: {first.message}",
        next_step="The others are published. Correct the cause and repeat the command for the "
        "refused days.",
    )


def _print_step(what: str, told: str) -> None:
    err.print(f"{what}: {told}", markup=False, highlight=False)


def _print(text: str) -> None:
    out.print(text, markup=False, highlight=False)
