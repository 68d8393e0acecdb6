"""Columns as named groups: texts and codes as they are, other numbers in quarters. Pure."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa

from scoring.errors import ConfigurationError
from scoring.training.refusals import list_names
from scoring.training.table import EDGE_DIGITS, TrainingTable
from scoring.validation.case import NOT_KNOWN, Floats, Grouping, Mask

MOST_GROUPS = 60
_MOST_CODES = 12
_DECADE = 10


def group_by_column(table: pa.Table, name: str) -> Grouping:
    """The groups of one column; an empty value is "not known".

    Numbers with more than a dozen values are cut into four groups of about equal size.

    Raises:
        ConfigurationError: There is no such column, or it has too many different texts.
    """
    if name not in table.column_names:
        raise _refused(name, f"a column; there are {list_names(table.column_names)}", "none")
    column = table.column(name)
    kind = column.type
    missing: Mask = column.is_null().to_numpy()
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        values = np.array([np.nan if v is None else float(v) for v in column.to_pylist()])
        return group_numbers(name, values, missing)
    texts = column.cast(pa.string()).fill_null(NOT_KNOWN).to_pylist()
    return group_texts(name, np.array(texts, np.str_))


def group_by_feature(table: TrainingTable, name: str) -> Grouping:
    """The groups of a candidate column; see ``group_by_column``.

    Raises:
        ConfigurationError: There is no such candidate.
    """
    for column in table.columns:
        if column.name == name:
            return group_numbers(name, column.millionths / 10**EDGE_DIGITS, column.missing)
    names = [column.name for column in table.columns]
    raise _refused(name, f"a candidate of the table; there are {list_names(names)}", "none")


def group_texts(title: str, names: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Grouping:
    """Texts as they are.

    Raises:
        ConfigurationError: There are too many different ones.
    """
    count = np.unique(names).size
    if count > MOST_GROUPS:
        raise _refused(title, f"at most {MOST_GROUPS} different values", f"{count:,}")
    return Grouping(title, names)


def group_numbers(title: str, values: Floats, missing: Mask) -> Grouping:
    """Few values as they are, many in quarters.

    Example:
        The numbers 1 to 100 make "below 26", "26 to < 51", "51 to < 76" and "76 or more".
    """
    known = values[~missing]
    distinct = np.unique(known)
    if distinct.size <= _MOST_CODES:
        order = tuple(f"{value:g}" for value in distinct)
        names = np.array([f"{value:g}" for value in values], np.str_)
    else:
        cuts = np.unique(np.quantile(known, (0.25, 0.5, 0.75), method="higher"))
        order = _name_bands(cuts)
        names = np.array(order)[np.searchsorted(cuts, values, side="right")]
    return Grouping(title, np.where(missing, NOT_KNOWN, names), order)


def group_bands(title: str, values: Floats, missing: Mask, cuts: tuple[int, ...]) -> Grouping:
    """Half-open bands between given cuts."""
    order = _name_bands(np.array(cuts))
    names = np.array(order)[np.searchsorted(np.array(cuts), values, side="right")]
    return Grouping(title, np.where(missing, NOT_KNOWN, names), order)


def group_decades(title: str, years: Floats, missing: Mask) -> Grouping:
    """Years in decades: 1987 is in "1980 to 1989"."""
    first = (np.where(missing, 0, years) // _DECADE * _DECADE).astype(np.int64)
    names = np.array([f"{year} to {year + _DECADE - 1}" for year in first], np.str_)
    return Grouping(title, np.where(missing, NOT_KNOWN, names))


def _name_bands(cuts: Floats) -> tuple[str, ...]:
    shown = [f"{cut:g}" for cut in cuts]
    inner = [f"{low} to < {high}" for low, high in itertools.pairwise(shown)]
    return (f"below {shown[0]}", *inner, f"{shown[-1]} or more")


def _refused(name: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "grouping refused",
        subject=name,
        expected=expected,
        got=got,
        next_step="Correct --protected or --segment.",
    )
