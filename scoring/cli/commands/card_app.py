"""``creditloop card …``: the sub-app, and what registers on it."""

from __future__ import annotations

import typer

from scoring.cli.commands import cards

card_app = typer.Typer(help="Train, inspect, compare and release scorecards.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``card`` with its commands."""
    for module in (cards,):
        module.register(card_app)
    app.add_typer(card_app, name="card")
