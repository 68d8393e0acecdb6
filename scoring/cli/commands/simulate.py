"""``creditloop simulate``: a population that fills every feed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.console import out, progress_bar


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate_command)


def simulate_command(
    users: Annotated[int, typer.Option(help="Number of users.")],
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    days: Annotated[int, typer.Option(help="Number of days.")],
    to: Annotated[Path, typer.Option("--out", help="Landing folder to fill; must be empty.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    file_format: Annotated[
        str, typer.Option("--format", help="parquet, csv, csv.gz or jsonl.")
    ] = "parquet",
) -> None:
    """Write the daily files of a simulated population in the landing contract."""
    from scoring.simulator.simulate import simulate  # noqa: PLC0415 - only when asked for

    with progress_bar() as on_progress:
        report = simulate(
            users=users,
            start=start.date(),
            days=days,
            seed=seed,
            out=to,
            file_format=file_format,
            on_progress=on_progress,
        )
    out.print(report.render(), markup=False, highlight=False)
