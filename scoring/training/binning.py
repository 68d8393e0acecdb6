"""Optimal bins of one feature, with edges exactly as the card will hold them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import numpy.typing as npt

from scoring.cards.card import Monotone
from scoring.training.extras import require_library
from scoring.training.parameters import TrainingParameters, Trend
from scoring.training.table import EDGE_DIGITS, Column, Int8s, Int64s

Floats = npt.NDArray[np.float64]
Direction = Literal["higher_is_better", "lower_is_better", "neutral"]

RULE_ROWS = 30
"""Missing or special values seen in fewer training rows are neutral: nothing can be told."""
_SMOOTHING = 0.5
_SOLVER_SECONDS = 600
_TRENDS: dict[Trend, str | None] = {"auto": "auto", "monotone": "auto_asc_desc", "free": None}
# Risk falls with the value of a feature of which more is better.
_DECLARED = {"higher_is_better": "descending", "lower_is_better": "ascending"}


@dataclass(frozen=True)
class Binning:
    """Bins of a feature, and the groups of bins that share a weight.

    A value's *code* is the number of ``edges`` it reaches; ``len(edges) + 1`` codes are bins and
    the next is "missing". A special value is a bin of its own, one millionth wide, and may cut
    another bin in two: both halves stay in one group. Groups are numbered: ordinary bins in
    ascending order, special values, missing.

    Attributes:
        name: The feature.
        edges: Millionths, ascending.
        groups: Group by code.
        ordinary: Number of ordinary groups.
        code_goods: Good training rows by code.
        code_bads: Bad ones.
        goods: Good training rows by group.
        bads: Bad ones.
        woe: Weight of evidence by group: ``ln((goods + ½) / (bads + ½))`` less that of all rows;
            more is better; 0 for a missing or special group of fewer than ``RULE_ROWS`` rows.
        monotone: How the points of ordinary bins go with the value.
    """

    name: str
    edges: Int64s
    groups: Int64s
    ordinary: int
    code_goods: Int64s
    code_bads: Int64s
    goods: Int64s
    bads: Int64s
    woe: Floats
    monotone: Monotone

    @property
    def group_count(self) -> int:
        """Number of groups, the missing one included."""
        return int(self.woe.size)

    @property
    def is_told(self) -> npt.NDArray[np.bool_]:
        """Whether the training rows tell anything of a group."""
        rows = self.goods + self.bads
        return (np.arange(rows.size) < self.ordinary) | (rows >= RULE_ROWS)

    @property
    def iv(self) -> float:
        """Information value: sum of (share of goods - share of bads) times weight of evidence."""
        shares = self.goods / self.goods.sum() - self.bads / self.bads.sum()
        return float((shares * self.woe).sum())

    def group_of(self, column: Column) -> Int64s:
        """Group of every row."""
        codes = np.searchsorted(self.edges, column.millionths, side="right")
        groups: Int64s = self.groups[codes]
        groups[column.missing] = self.group_count - 1
        return groups


def bin_column(
    column: Column,
    target: Int8s,
    rows: Int64s,
    parameters: TrainingParameters,
    direction: Direction = "neutral",
) -> Binning | None:
    """The optimal bins of a feature over its training rows; None if no cut helps.

    optbinning finds the cuts; they are rounded to ``DECIMAL(18,6)`` before anything is counted, so
    that what is trained is exactly what runs.
    """
    specials = sorted(_millionths(code) for code in parameters.special_values.get(column.name, ()))
    usable = rows[~column.missing[rows] & ~np.isin(column.millionths[rows], specials)]
    values = column.millionths[usable] / 10**EDGE_DIGITS
    outcome = target[usable]
    if usable.size == 0 or values.min() == values.max() or outcome.min() == outcome.max():
        return None
    declared = _DECLARED.get(direction) if parameters.keep_directions else None
    trend = declared or _TRENDS[parameters.trend]
    cuts = _find_cuts(values, outcome, trend, parameters)
    edges = _round_cuts(cuts, np.sort(column.millionths[usable]))
    if edges.size == 0:
        return None
    return make_binning(column, target, rows, edges, specials)


def make_binning(
    column: Column, target: Int8s, rows: Int64s, cuts: Int64s, specials: Sequence[int] = ()
) -> Binning:
    """Count and weigh given bins over the training rows.

    Example:
        Values 0, 0, 1, 1 with one bad among the zeros, cut at 1 (1,000,000 millionths): goods
        (1, 2, 0), bads (1, 0, 0), the last group being "missing".
    """
    codes_of_specials = np.array(specials, np.int64)
    edges = np.unique(np.concatenate([cuts, codes_of_specials, codes_of_specials + 1]))
    lowest = np.concatenate([[np.iinfo(np.int64).min], edges])
    groups = np.searchsorted(cuts, lowest, side="right").astype(np.int64)
    ordinary = cuts.size + 1
    for number, special in enumerate(specials):
        groups[lowest == special] = ordinary + number
    missing = ordinary + len(specials)
    groups = np.append(groups, missing)
    codes = np.searchsorted(edges, column.millionths[rows], side="right")
    codes[column.missing[rows]] = groups.size - 1
    is_bad = target[rows] == 1
    code_bads = np.bincount(codes[is_bad], minlength=groups.size)
    code_goods = np.bincount(codes[~is_bad], minlength=groups.size)
    bads, goods = np.zeros(missing + 1, np.int64), np.zeros(missing + 1, np.int64)
    np.add.at(bads, groups, code_bads)
    np.add.at(goods, groups, code_goods)
    woe = np.log((goods + _SMOOTHING) / (bads + _SMOOTHING)) - np.log(goods.sum() / bads.sum())
    is_rule = np.arange(missing + 1) >= ordinary
    woe[is_rule & (goods + bads < RULE_ROWS)] = 0.0
    return Binning(
        name=column.name,
        edges=edges,
        groups=groups,
        ordinary=ordinary,
        code_goods=code_goods,
        code_bads=code_bads,
        goods=goods,
        bads=bads,
        woe=woe,
        monotone=monotone_of(woe[:ordinary]),
    )


def monotone_of(weights: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Monotone:
    """How weights go with the value; ``none`` when they turn or never move."""
    steps = np.diff(weights)
    if not steps.any():
        return "none"
    if (steps >= 0).all():
        return "increasing"
    return "decreasing" if (steps <= 0).all() else "none"


def _round_cuts(cuts: Floats, values: Int64s) -> Int64s:
    """Cuts in whole millionths, the nearest unless that moved a value to the other side."""
    exact = cuts * 10**EDGE_DIGITS
    nearest = np.rint(exact).astype(np.int64)
    above = np.ceil(exact).astype(np.int64)
    moves = np.searchsorted(values, nearest) != np.searchsorted(values, above)
    return np.unique(np.where(moves, above, nearest))


def _find_cuts(
    values: Floats, outcome: Int8s, trend: str | None, parameters: TrainingParameters
) -> Floats:
    library = require_library("optbinning")
    # The last two go to the tree that proposes the cuts. Goods and bads weigh the same there: the
    # few users who are late on an evening are many of the bad ones, and few of all.
    solver = library.OptimalBinning(
        dtype="numerical",
        monotonic_trend=trend,
        max_n_prebins=parameters.maximum_prebins,
        min_prebin_size=min(0.5, parameters.minimum_bin_rows / values.size),
        max_n_bins=parameters.maximum_bins,
        time_limit=_SOLVER_SECONDS,
        class_weight="balanced",
        min_weight_fraction_leaf=parameters.minimum_bin_share,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations between the library and its own
        solver.fit(values, outcome.astype(np.int64))
    return np.asarray(solver.splits, np.float64)


def _millionths(value: Decimal) -> int:
    return int(value.scaleb(EDGE_DIGITS))
