"""``creditloop card sql``: a card as one query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(card_app: typer.Typer) -> None:
    """Add the command to the sub-app ``card``."""
    card_app.command("sql")(card_sql_command)


def card_sql_command(
    card: Annotated[Path, typer.Argument(help="The card's JSON file.", metavar="CARD.json")],
    engine: Annotated[
        str, typer.Option("--engine", help="duckdb or spark; dbt prints the card's macros.")
    ] = "duckdb",
    relation: Annotated[
        str, typer.Option("--from", help="What holds the features, as written behind FROM.")
    ] = "features",
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="Column to hand through, repeatable; default user_key."),
    ] = None,
    *,
    score_only: Annotated[
        bool, typer.Option("--score-only", help="Leave out values, bins and points per feature.")
    ] = False,
) -> None:
    """Print a card as SQL that gives, row by row, what the nightly scorer gives."""
    from scoring.cards.loader import load_card, read_catalog_seed  # noqa: PLC0415 - when asked for
    from scoring.score.dbt_macros import render_card_macros  # noqa: PLC0415
    from scoring.score.sql_card import card_query  # noqa: PLC0415

    loaded = load_card(card, read_catalog_seed())
    if engine == "dbt":
        typer.echo(render_card_macros(loaded), nl=False)
        return
    keys = key or ["user_key"]
    typer.echo(card_query(loaded, engine, relation, keys, details=not score_only))
