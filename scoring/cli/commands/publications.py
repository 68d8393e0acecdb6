"""``creditloop rollback`` and ``creditloop status``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from scoring.cli.console import out
from scoring.cli.options import JsonOption, ReasonOption
from scoring.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("rollback")(rollback_command)
    app.command("status")(status_command)


def rollback_command(
    to: Annotated[
        int | None, typer.Option("--to", help="Generation to return to; default the previous.")
    ] = None,
    reason: ReasonOption = None,
) -> None:
    """Return readers to an earlier publication."""
    from scoring.publish.rollback import rollback  # noqa: PLC0415 - only when asked for

    report = rollback(load_settings(), to_generation=to, reason=reason or "not given")
    out.print(report.summary, markup=False, highlight=False)


def status_command(*, as_json: JsonOption = False) -> None:
    """Show what is published, the last runs, and what waits for attention."""
    from scoring.status import read_status  # noqa: PLC0415 - only when asked for

    status = read_status(load_settings())
    if as_json:
        typer.echo(json.dumps(status.to_dict(), indent=2, default=str, ensure_ascii=False))
    else:
        out.print(status.render(), markup=False, highlight=False)
