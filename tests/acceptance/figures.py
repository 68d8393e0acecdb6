"""Figures as plain text tables: what ``make test`` and the benchmark print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.acceptance.adapters.landing import Account


@dataclass(frozen=True)
class Figures:
    """A titled table; ``rows`` hold one value per name in ``columns``."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]


def render(figures: Figures) -> str:
    """The table as text, numbers to the right."""
    cells = [[_text(value) for value in row] for row in figures.rows]
    widths = [
        max(len(name), *(len(row[index]) for row in cells), 0)
        for index, name in enumerate(figures.columns)
    ]
    is_number = [
        all(isinstance(row[index], int | float) for row in figures.rows)
        for index in range(len(figures.columns))
    ]

    def line(values: Sequence[str]) -> str:
        padded = (
            value.rjust(width) if number else value.ljust(width)
            for value, width, number in zip(values, widths, is_number, strict=True)
        )
        return "  ".join(padded).rstrip()

    ruler = ["-" * width for width in widths]
    return "\n".join(
        [figures.title, *(f"  {line(row)}" for row in [figures.columns, ruler, *cells])]
    )


def account_figures(name: str, account: Account) -> Figures:
    """What became of every source row."""
    rows = [
        (kind, fate.source, fate.rows, fate.feed, fate.reason)
        for kind, fates in (("source", account.fates), ("besides", account.derived))
        for fate in fates
    ]
    return Figures(f"{name}: every source row", ("", "from", "rows", "landed in", "as"), rows)


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4f}"
    return str(value)
