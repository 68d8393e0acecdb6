"""``creditloop card train|show|score``: a card from data, in words, and at work on any table."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.commands.card_report import (
    CutOffOption,
    ProtectedOption,
    SegmentOption,
    read_options,
    refuse_without_report,
    say_release,
    write_training_report,
)
from scoring.cli.console import out
from scoring.cli.options import JsonOption
from scoring.errors import ConfigurationError

if TYPE_CHECKING:
    from scoring.cards.card import Card
    from scoring.training.parameters import TrainingParameters

CardOption = Annotated[Path, typer.Option("--card", help="A sealed card, name_vN.json.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the family ``card``."""
    app.command("train")(train_command)
    app.command("show")(show_command)
    app.command("score")(score_command)


def train_command(  # noqa: PLR0917 - each is an option of its own
    data: Annotated[
        Path | None,
        typer.Option(help="Parquet or CSV; without it the warehouse is the source."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Column of --data with 1 for bad and 0 for good.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="A column that is no feature; may be repeated.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column that names whom a row is about.")
    ] = None,
    date_column: Annotated[
        str | None, typer.Option("--date", help="Column with a row's date: newest are kept apart.")
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="CSV with titles and directions; see docs/cards.md.")
    ] = None,
    special: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE with a bin of its own; may be repeated.")
    ] = None,
    observe: Annotated[
        list[datetime] | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Warehouse: an observation date; default every month end it holds.",
        ),
    ] = None,
    window_months: Annotated[
        int, typer.Option(help="Warehouse: months after the observation in which to turn bad.")
    ] = 12,
    bad_days: Annotated[
        int, typer.Option(help="Warehouse: days past due in that window that are bad.")
    ] = 90,
    indeterminate_days: Annotated[
        int, typer.Option(help="Warehouse: from here to bad neither good nor bad, left out.")
    ] = 30,
    seed: Annotated[int, typer.Option(help="Same seed and data, same card.")] = 7,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE of another parameter; may be repeated."),
    ] = None,
    to: Annotated[
        Path, typer.Option("--out", help="Where the card goes; its name is the card's id.")
    ] = Path("trained_v1.json"),
    report: Annotated[
        Path | None,
        typer.Option(help="Folder for what the training found and the sealed validation report."),
    ] = None,
    protected: ProtectedOption = None,
    segment: SegmentOption = None,
    cut_off: CutOffOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Train a scorecard on a table of yours, or on the warehouse."""
    from scoring.training import files  # noqa: PLC0415 - only when asked for

    parameters = _read_parameters(seed, parameter, special)
    if report is None:
        refuse_without_report(protected, segment, cut_off)
    if data is None:
        _refuse_table_options(target, exclude, id_column, date_column, texts, protected)
        from scoring.settings import load_settings  # noqa: PLC0415
        from scoring.training.labels import make_rules  # noqa: PLC0415
        from scoring.training.warehouse import train_on_warehouse  # noqa: PLC0415

        result = train_on_warehouse(
            load_settings(),
            card_id=files.card_id_of(to),
            observation_dates=[day.date() for day in observe or []],
            rules=make_rules(window_months, bad_days, indeterminate_days),
            parameters=parameters,
        )
    else:
        result = files.train_on_file(
            data,
            target=_require_target(target),
            card_id=files.card_id_of(to),
            exclude=[*(exclude or []), *(protected or [])],
            id_column=id_column,
            date_column=date_column,
            texts=texts,
            parameters=parameters,
        )
    files.write_card(result.card, to)
    if report is not None:
        files.write_report(result, report)
        write_training_report(result, report, data, read_options(protected, segment, cut_off))
    if as_json:
        typer.echo(json.dumps(result.to_dict(), indent=2, ensure_ascii=False))
    else:
        from scoring.training.summary import render_summary  # noqa: PLC0415

        out.print(render_summary(result), markup=False, highlight=False)
        out.print(f"card: {to}", markup=False, highlight=False)
        if report is not None:
            say_release(report / to.name)


def show_command(
    card: Annotated[Path, typer.Argument(metavar="CARD.json", help="A sealed card.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Print a card so that a person can score with a pencil."""
    loaded = _load(card)
    if as_json:
        from scoring.cards.canonical import dump_card  # noqa: PLC0415

        typer.echo(dump_card(loaded), nl=False)
        return
    from scoring.cards.text import render_card  # noqa: PLC0415 - only when asked for

    out.print(render_card(loaded), markup=False, highlight=False)


def score_command(
    card: CardOption,
    data: Annotated[Path, typer.Option(help="Parquet or CSV with the card's columns.")],
    to: Annotated[Path, typer.Option("--out", help="Parquet or CSV to write.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Score a table, row by row and in its order: score, pd, points per feature, reasons."""
    from scoring.score.table_files import read_table, write_table  # noqa: PLC0415
    from scoring.score.tables import score_table  # noqa: PLC0415

    loaded = _load(card)
    scored = score_table(loaded, read_table(data))
    write_table(scored, to)
    facts = {
        "card_id": loaded.card_id,
        "rows": scored.num_rows,
        "scored": scored.num_rows - scored.column("score").null_count,
        "out": str(to),
    }
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        text = f"{loaded.card_id}: {facts['scored']:,} of {facts['rows']:,} rows scored, {to}"
        out.print(text, markup=False, highlight=False)


def _load(path: Path) -> Card:
    from scoring.cards.loader import load_card, read_catalog_seed  # noqa: PLC0415

    return load_card(path, read_catalog_seed(), any_source=True)


def _read_parameters(
    seed: int, settings: list[str] | None, special: list[str] | None
) -> TrainingParameters:
    from scoring.training.parameters import make_parameters  # noqa: PLC0415

    given = dict(_split_pair(text, "--set") for text in settings or [])
    specials: dict[str, list[Decimal]] = {}
    for text in special or []:
        column, value = _split_pair(text, "--special")
        try:
            specials.setdefault(column, []).append(Decimal(value))
        except InvalidOperation:
            raise _option_refused("--special", "COLUMN=NUMBER", text) from None
    return make_parameters(given, seed=seed, special_values=specials)


def _split_pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise _option_refused(option, "NAME=VALUE", text)
    return name, value


def _require_target(target: str | None) -> str:
    if target is None:
        raise _option_refused("--target", "the column that holds the outcome", "none")
    return target


def _refuse_table_options(*given: object) -> None:
    if any(given):
        raise _option_refused(
            "--target, --exclude, --id, --date, --texts, --protected",
            "--data F beside them",
            "no --data",
        )


def _option_refused(option: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "option refused",
        subject=option,
        expected=expected,
        got=got,
        next_step="Correct the command; nothing was written.",
    )
