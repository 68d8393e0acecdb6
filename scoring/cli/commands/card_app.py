"""``creditloop card …``: the sub-app, and what registers on it."""

from __future__ import annotations

import typer

from scoring.cli.commands import card_compare, card_releases, card_report, card_sql, cards

card_app = typer.Typer(no_args_is_help=True, help="Train, inspect, compare and release scorecards.")


def register(app: typer.Typer) -> None:
    """Add ``card`` with its commands."""
    for module in (cards, card_report, card_releases, card_compare, card_sql):
        module.register(card_app)
    app.add_typer(card_app, name="card")
