"""``creditloop card report``: the validation report of a finished card, and its options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.console import out
from scoring.errors import ConfigurationError

if TYPE_CHECKING:
    from scoring.training.result import TrainingResult
    from scoring.validation.options import ReportOptions

ProtectedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--protected",
        help="Report, with --data: a column measured for fairness and never a feature; may be"
        " repeated. The warehouse has its own.",
    ),
]
SegmentOption = Annotated[
    list[str] | None,
    typer.Option("--segment", help="Report: a column whose groups are judged; may be repeated."),
]
CutOffOption = Annotated[
    int | None,
    typer.Option(
        "--cut-off",
        help="Report: least score that counts as approved; default the scale's base score.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the family ``card``."""
    app.command("report")(report_command)


def report_command(
    card: Annotated[Path, typer.Argument(metavar="CARD.json", help="A sealed card.")],
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Parquet or CSV with outcomes; without it the warehouse is the source."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Column of --data with 1 for bad; default the one of the training."),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column that names whom a row is about; likewise.")
    ] = None,
    date_column: Annotated[
        str | None, typer.Option("--date", help="Column with a row's date; likewise.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for report, seal and card; default the card's own."),
    ] = None,
    protected: ProtectedOption = None,
    segment: SegmentOption = None,
    cut_off: CutOffOption = None,
) -> None:
    """Write the validation report of a card, sealed to it, on its training data or new rows."""
    from scoring.cards.loader import load_card, read_catalog_seed  # noqa: PLC0415
    from scoring.validation.step import write_validation_report  # noqa: PLC0415

    options = read_options(protected, segment, cut_off)
    loaded = load_card(card, read_catalog_seed(), any_source=True)
    if data is not None:
        from scoring.validation.on_file import case_of_file  # noqa: PLC0415

        case = case_of_file(
            loaded,
            data,
            options,
            target=target,
            id_column=id_column,
            date_column=date_column,
        )
    else:
        if target or id_column or date_column or protected:
            raise _refused("--target, --id, --date, --protected", "--data beside them", "none")
        from scoring.settings import load_settings  # noqa: PLC0415
        from scoring.validation.on_warehouse import case_of_warehouse  # noqa: PLC0415

        case = case_of_warehouse(loaded, load_settings(), options)
    say_release(write_validation_report(case, to if to is not None else card.parent))


def read_options(
    protected: list[str] | None, segment: list[str] | None, cut_off: int | None
) -> ReportOptions:
    """The options of a report as given."""
    from scoring.validation.options import ReportOptions  # noqa: PLC0415 - only when asked for

    return ReportOptions(tuple(protected or ()), tuple(segment or ()), cut_off)


def refuse_without_report(
    protected: list[str] | None, segment: list[str] | None, cut_off: int | None
) -> None:
    """Refuse options that only a report has a use for.

    Raises:
        ConfigurationError: One is given.
    """
    if protected or segment or cut_off is not None:
        raise _refused("--protected, --segment, --cut-off", "--report DIR beside them", "none")


def write_training_report(
    result: TrainingResult, folder: Path, data: Path | None, options: ReportOptions
) -> None:
    """Write the sealed report of a card just trained on ``data``, or on the warehouse."""
    from scoring.validation.step import write_validation_report  # noqa: PLC0415

    if data is None:
        from scoring.settings import load_settings  # noqa: PLC0415
        from scoring.validation.on_warehouse import case_of_warehouse_training  # noqa: PLC0415

        case = case_of_warehouse_training(result, load_settings(), options)
    else:
        from scoring.validation.on_file import case_of_file_training  # noqa: PLC0415

        case = case_of_file_training(result, data, options)
    write_validation_report(case, folder)


def say_release(card_file: Path) -> None:
    """Where the report is, and the command that takes it further."""
    out.print(
        f"report: {card_file.with_suffix('.report.html')}, sealed. To release the card:"
        f" creditloop card register {card_file}",
        markup=False,
        highlight=False,
    )


def _refused(option: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "option refused",
        subject=option,
        expected=expected,
        got=got,
        next_step="Correct the command; nothing was written.",
    )
