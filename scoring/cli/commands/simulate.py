"""``creditloop simulate``: a population that fills every feed, or a scenario of a few users."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.console import out, progress_bar
from scoring.cli.options import to_date
from scoring.errors import ConfigurationError

_POPULATION = ("--users", "--start", "--days")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate_command)


def simulate_command(  # noqa: PLR0917 - each is an option of its own
    to: Annotated[Path, typer.Option("--out", help="Landing folder to fill; must be empty.")],
    users: Annotated[int | None, typer.Option(help="Number of users.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = None,
    days: Annotated[int | None, typer.Option(help="Number of days.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    truth: Annotated[
        Path | None,
        typer.Option(help="Folder for what no feed tells.", show_default="<out>.truth"),
    ] = None,
    world: Annotated[
        str, typer.Option(help="default, or null: confounded, but no effect at all.")
    ] = "default",
    effect: Annotated[
        list[str] | None,
        typer.Option(help="Set one planted effect: NAME=NUMBER; may be repeated."),
    ] = None,
    dirt: Annotated[str, typer.Option(help="none, light or heavy.")] = "none",
    scenario: Annotated[
        str | None, typer.Option(help="A named tiny world instead of a population.")
    ] = None,
    file_format: Annotated[
        str, typer.Option("--format", help="parquet, csv, csv.gz or jsonl.")
    ] = "parquet",
    processes: Annotated[
        int | None, typer.Option(help="Processes at work.", show_default="one per processor")
    ] = None,
) -> None:
    """Write the daily files of a simulated population in the landing contract."""
    if scenario is not None:
        _write_scenario(scenario, to, file_format)
        return
    from scoring.simulator.options import check_dirt, read_parameters  # noqa: PLC0415 - when asked
    from scoring.simulator.simulate import simulate  # noqa: PLC0415

    size, first, count = _require_population(users, to_date(start), days)
    parameters = read_parameters(world, effect or [])
    level = check_dirt(dirt)
    with progress_bar() as on_progress:
        report = simulate(
            users=size,
            start=first,
            days=count,
            seed=seed,
            out=to,
            truth=truth,
            parameters=parameters,
            dirt=level,
            file_format=file_format,
            processes=processes,
            on_progress=on_progress,
        )
    out.print(report.render(), markup=False, highlight=False)


def _write_scenario(name: str, to: Path, file_format: str) -> None:
    from scoring.simulator.options import check_format  # noqa: PLC0415
    from scoring.simulator.scenarios.landing import write_scenario  # noqa: PLC0415
    from scoring.simulator.scenarios.scenario import load_scenario  # noqa: PLC0415

    scenario = load_scenario(name)
    kind = check_format(file_format)
    row_counts = write_scenario(scenario, to, kind)
    total = sum(row_counts.values())
    out.print(f"{scenario.title}: {total} rows in {to}", markup=False, highlight=False)


def _require_population(
    users: int | None, start: date | None, days: int | None
) -> tuple[int, date, int]:
    if users is None or start is None or days is None:
        given = zip(_POPULATION, (users, start, days), strict=True)
        missing = ", ".join(name for name, value in given if value is None)
        raise ConfigurationError(
            "simulation refused",
            subject="simulate",
            expected=f"{', '.join(_POPULATION)}, or --scenario NAME",
            got=f"no {missing}",
            next_step="Add the option; nothing was written.",
        )
    return users, start, days
