"""``creditloop card compare``: two cards on the same users."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from scoring.cli.console import out
from scoring.cli.options import JsonOption, KnownOnOption, to_date
from scoring.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command to the family ``card``."""
    app.command("compare")(compare_command)


def compare_command(
    first: Annotated[str, typer.Argument(metavar="A", help="Card in use: CARD_ID or CARD.json.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other card.")],
    *,
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Night; default the newest scored one."),
    ] = None,
    known_on: KnownOnOption = None,
    baseline: Annotated[
        datetime | None,
        typer.Option(
            "--baseline",
            formats=["%Y-%m-%d"],
            help="Night the stability index is against; default the first that each card scored.",
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Parquet or CSV table instead of a night.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Its column of outcomes: 1 bad, 0 good.")
    ] = None,
    cut_off: Annotated[
        list[int] | None,
        typer.Option("--cut-off", help="Least accepted score of A; default where bands begin."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two cards: swap sets, AUC, KS, Gini, calibration, PSI and band migration."""
    from scoring.releases.compare import (  # noqa: PLC0415 - only when asked for
        compare_on_night,
        compare_on_table,
    )
    from scoring.releases.compare_page import render_comparison  # noqa: PLC0415

    settings, cut_offs = load_settings(), tuple(cut_off or ())
    if data is None:
        if target is not None:
            raise typer.BadParameter("needs --data beside it", param_hint="--target")
        comparison = compare_on_night(
            settings,
            first,
            second,
            day=to_date(day),
            known_on=to_date(known_on),
            baseline=to_date(baseline),
            cut_offs=cut_offs,
        )
    else:
        if day or known_on or baseline:
            raise typer.BadParameter("is no table's", param_hint="--date, --known-on, --baseline")
        comparison = compare_on_table(
            settings, first, second, data=data, target=target, cut_offs=cut_offs
        )
    if as_json:
        typer.echo(json.dumps(comparison.to_dict(), indent=2, default=str, ensure_ascii=False))
        return
    for part in render_comparison(comparison):
        out.print(part, markup=False, highlight=False)
