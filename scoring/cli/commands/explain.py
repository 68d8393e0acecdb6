"""``creditloop explain``: one user's score as an addition one can check by hand."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from scoring.cli.console import out
from scoring.cli.options import JsonOption, to_date
from scoring.errors import ConfigurationError
from scoring.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain_command)


def explain_command(
    user_id: Annotated[
        str | None, typer.Option("--user-id", help="The platform's id (asks the vault).")
    ] = None,
    user_key: Annotated[
        int | None, typer.Option("--user-key", help="The key in the published tables.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Night; default the newest."),
    ] = None,
    versus: Annotated[
        datetime | None,
        typer.Option("--vs", formats=["%Y-%m-%d"], help="Earlier night to compare with."),
    ] = None,
    *,
    what_would_help: Annotated[
        bool,
        typer.Option("--what-would-help", help="Smallest changes that reach the next band."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Explain one score, to the point, from published data.

    With --vs, a pair of nights that no night has compared is compared now, which takes the
    warehouse for some seconds.
    """
    from scoring.explain.explain import explain  # noqa: PLC0415 - only when asked for

    settings = load_settings()
    key = _resolve_key(settings, user_id, user_key)
    explanation = explain(
        settings,
        to_date(day),
        user_key=key,
        versus=to_date(versus),
        what_would_help=what_would_help,
    )
    if as_json:
        typer.echo(json.dumps(explanation.to_dict(), indent=2, default=str, ensure_ascii=False))
    else:
        out.print(explanation.render(), markup=False, highlight=False)


def _resolve_key(settings: Settings, user_id: str | None, user_key: int | None) -> int:
    if (user_id is None) == (user_key is None):
        raise typer.BadParameter("give --user-id or --user-key", param_hint="--user-id")
    if user_key is not None:
        return user_key
    from scoring.landing.identity import lookup_user_key  # noqa: PLC0415 - only when asked for

    found = lookup_user_key(settings, str(user_id))
    if found is None:
        raise ConfigurationError(
            "user not found",
            subject="vault",
            expected="an id that was landed",
            got="an unknown id",
            next_step="Check the id; ids are those of the users feed.",
        )
    return found
