"""Options that several commands share, and their conversion."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from scoring.errors import ConfigurationError

DateOption = Annotated[
    datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Business day (as_of_date).")
]
KnownOnOption = Annotated[
    datetime | None,
    typer.Option(
        "--known-on",
        formats=["%Y-%m-%d"],
        help="Last landing batch to look at; default the day itself.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
CardOption = Annotated[
    str | None,
    typer.Option(
        "--card", help="Score by this registered card instead of that day's champion; recorded."
    ),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why; kept in the records.")]


def to_date(value: datetime | None) -> date | None:
    """The date part of a parsed ``--date``-like option."""
    return value.date() if value is not None else None


def require_reason(reason: str | None, *, option: str) -> str:
    """The reason that ``option`` demands.

    Raises:
        ConfigurationError: It is missing or blank.
    """
    if reason is None or not reason.strip():
        raise ConfigurationError(
            "option refused",
            subject=option,
            expected="--reason TEXT beside it",
            got="no reason",
            next_step=f'Repeat the command with {option} --reason "why".',
        )
    return reason.strip()
