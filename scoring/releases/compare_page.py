"""A card comparison as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from scoring.cards.comparison import Calibration, Cell
from scoring.releases.compare import CardComparison, CardFigures


def render_comparison(comparison: CardComparison) -> Iterator[str | Table]:
    """Lines and tables, in the order they are printed."""
    first, second = comparison.first, comparison.second
    outcomes = comparison.outcome_count
    yield (
        f"{first.card_id} (in use) and {second.card_id} on {comparison.source}: "
        f"{comparison.user_count:,} users, {comparison.both_scored:,} scored by both"
        + ("" if outcomes is None else f", {outcomes:,} of them with an outcome")
    )
    yield _figures_table(comparison)
    yield _swap_table(comparison)
    yield _migration_table(comparison)
    for figures in (first, second):
        if figures.calibration is not None:
            yield _calibration_table(figures, figures.calibration)


def _figures_table(comparison: CardComparison) -> Table:
    table = Table("", comparison.first.card_id, comparison.second.card_id)
    sides = (comparison.first, comparison.second)
    table.add_row("users scored", *(f"{side.scored_count:,}" for side in sides))
    if all(side.separation for side in sides):
        for name in ("auc", "gini", "ks"):
            table.add_row(name.upper(), *(_figure(side.separation, name) for side in sides))
        for name in ("expected_rate", "observed_rate", "observed_to_expected"):
            words = name.replace("_", " ")
            table.add_row(words, *(_figure(side.calibration, name) for side in sides))
        table.add_row("odds of the scale", *(side.scale_meaning for side in sides))
    table.add_row("PSI against the other card", "", f"{comparison.stability:.4f}")
    table.add_row("PSI against a baseline night", *(_baseline(side) for side in sides))
    return table


def _figure(source: object, name: str) -> str:
    return f"{getattr(source, name):.4f}"


def _baseline(side: CardFigures) -> str:
    if side.stability_to_baseline is None:
        return "no such night"
    return f"{side.stability_to_baseline:.4f} ({side.baseline})"


def _swap_table(comparison: CardComparison) -> Table:
    first, second = comparison.first.card_id, comparison.second.card_id
    table = Table(
        f"cut-off {first}",
        f"cut-off {second}",
        "both accept",
        f"only {first}",
        f"only {second}",
        "neither",
        title="Swap sets at equal acceptance: users"
        + ("" if comparison.outcome_count is None else " (bad)"),
    )
    for swap in comparison.swaps:
        cells = (swap.both, swap.swapped_out, swap.swapped_in, swap.neither)
        table.add_row(
            str(swap.first_cut_off), str(swap.second_cut_off), *(_count(cell) for cell in cells)
        )
    return table


def _count(cell: Cell) -> str:
    bads = "" if cell.bad_count is None else f" ({cell.bad_count:,})"
    return f"{cell.user_count:,}{bads}"


def _migration_table(comparison: CardComparison) -> Table:
    table = Table(
        f"{comparison.first.card_id} ↓",
        *comparison.bands,
        title=f"Users by band, {comparison.second.card_id} →",
    )
    for band, row in zip(comparison.bands, comparison.migration, strict=True):
        table.add_row(band, *(f"{count:,}" for count in row))
    return table


def _calibration_table(figures: CardFigures, calibration: Calibration) -> Table:
    table = Table("users", "bad", "stated", "observed", title=f"Calibration of {figures.card_id}")
    for part in calibration.bins:
        table.add_row(
            f"{part.user_count:,}",
            f"{part.bad_count:,}",
            f"{part.expected_rate:.4f}",
            f"{part.observed_rate:.4f}",
        )
    return table
