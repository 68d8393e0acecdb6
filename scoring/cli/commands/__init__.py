"""One module per command (or family of commands); each registers itself on the app."""

from __future__ import annotations

import typer

from scoring.cli.commands import (
    backfill,
    card_app,
    explain,
    ingest,
    maintenance,
    night,
    publications,
    simulate,
)


def register(app: typer.Typer) -> None:
    """Add every command to ``app``."""
    for module in (simulate, ingest, night, backfill, publications, explain, card_app, maintenance):
        module.register(app)
