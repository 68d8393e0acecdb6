"""``creditloop doctor`` and ``creditloop upgrade``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from scoring.cli.console import out
from scoring.cli.options import JsonOption
from scoring.settings import load_settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import SCHEMA_VERSION, ensure_schema


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor")(doctor_command)
    app.command("upgrade")(upgrade_command)


def doctor_command(
    *,
    as_json: JsonOption = False,
    files: Annotated[
        bool,
        typer.Option("--files", help="Read every stored file whole, too; nights wait meanwhile."),
    ] = False,
) -> None:
    """Check settings, folders, programs and stores; exit 2 if something is wrong."""
    from scoring.doctor import examine  # noqa: PLC0415 - only when asked for

    findings = examine(load_settings(), read_files=files)
    if as_json:
        typer.echo(json.dumps([finding.to_dict() for finding in findings], indent=2))
    else:
        for finding in findings:
            mark = "ok  " if finding.is_ok else "FAIL"
            out.print(f"{mark} {finding.subject}: {finding.detail}", markup=False, highlight=False)
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(2)


def upgrade_command() -> None:
    """Bring the warehouse to this version's schema, on a copy."""
    settings = load_settings()
    with writer_lock(settings):
        ensure_schema(settings)
    out.print(f"warehouse schema is at version {SCHEMA_VERSION}", markup=False, highlight=False)
