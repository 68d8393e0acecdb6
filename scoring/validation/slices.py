"""The card's figures group by group: vintages, segments, protected attributes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoring.cards.comparison import measure_separation
from scoring.training.table import Int8s, Int64s
from scoring.validation.calibration import Interval, observed_to_expected
from scoring.validation.case import FEWEST_SHOWN, Case, Floats, Grouping, Mask

FEWEST_OF_A_CLASS = 10
"""With fewer good or bad rows a group's AUC and KS say nothing and are not shown."""
FOUR_FIFTHS = 0.8
"""Below it a ratio of approval is taken as adverse impact (29 CFR 1607.4 D)."""


@dataclass(frozen=True)
class Slice:
    """One group, large enough to be shown.

    Attributes:
        name: The group.
        rows: Rows that training has not seen.
        bads: Bad ones.
        auc: None with too few good or bad rows.
        ks: Likewise.
        observed: Share of bad rows.
        expected: Mean stated probability.
        observed_to_expected: Their ratio, with its interval.
        mean_score: Of the published score.
        approval: Share with a score of the cut-off or more.
        impact: ``approval`` over the highest approval among the groups shown.
    """

    name: str
    rows: int
    bads: int
    auc: float | None
    ks: float | None
    observed: float
    expected: float
    observed_to_expected: Interval
    mean_score: float
    approval: float
    impact: float | None = None

    @property
    def is_adverse(self) -> bool:
        """Whether approvals fall short of four fifths of the most approved group's."""
        return self.impact is not None and self.impact < FOUR_FIFTHS

    @property
    def is_off(self) -> bool:
        """Whether 1 lies outside the interval of observed over expected."""
        ratio = self.observed_to_expected
        return not ratio.low <= 1 <= ratio.high


@dataclass(frozen=True)
class Slicing:
    """Groups of one kind, and how many are not shown for being small."""

    title: str
    slices: tuple[Slice, ...]
    hidden: int


def slice_case(case: Case, grouping: Grouping) -> Slicing:
    """Figures of each group over the rows that training has not seen."""
    rows = case.kept
    names = grouping.names[rows]
    groups = {name: names == name for name in grouping.shown()}
    groups = {name: mask for name, mask in groups.items() if mask.any()}
    counts = {name: int(mask.sum()) for name, mask in groups.items()}
    hidden = hide_small(counts, case.floor_rows)
    score, pd, target = case.score[rows], case.pd[rows], case.table.target[rows]
    slices = [
        _measure(name, mask, score, pd, target, case.cut_off)
        for name, mask in groups.items()
        if name not in hidden
    ]
    return Slicing(grouping.title, _with_impact(slices), len(hidden))


def hide_small(counts: dict[str, int], floor_rows: int) -> set[str]:
    """Groups that are not shown: each below the floor.

    What the shown ones leave of the total must not tell of fewer than ``FEWEST_SHOWN`` rows: else
    the next smallest is hidden too.

    Example:
        With a floor of 50, counts 500, 60, 20 hide the 20; counts 500, 60, 3 hide the 60 as well.
    """
    hidden = {name for name, count in counts.items() if count < floor_rows}
    rest = sorted(counts.keys() - hidden, key=lambda name: (counts[name], name))
    while hidden and rest and sum(counts[name] for name in hidden) < FEWEST_SHOWN:
        hidden.add(rest.pop(0))
    return hidden


def group_by_month(dates: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Grouping:
    """Vintages: the observation dates themselves, or their months where there are many."""
    days = np.unique(dates)
    if days.size <= 24:  # noqa: PLR2004 - two years of month ends
        return Grouping("observation date", dates.astype(str).astype(np.str_))
    return Grouping("observation month", dates.astype("datetime64[M]").astype(np.str_))


def _measure(
    name: str, mask: Mask, score: Int64s, pd: Floats, target: Int8s, cut_off: int
) -> Slice:
    score, pd, target = score[mask], pd[mask], target[mask]
    bads = int(target.sum())
    enough = min(bads, int(target.size) - bads) >= FEWEST_OF_A_CLASS
    separation = measure_separation(score, target == 1) if enough else None
    return Slice(
        name=name,
        rows=int(target.size),
        bads=bads,
        auc=separation.auc if separation else None,
        ks=separation.ks if separation else None,
        observed=float(target.mean()),
        expected=float(pd.mean()),
        observed_to_expected=observed_to_expected(pd, target),
        mean_score=float(score.mean()),
        approval=float((score >= cut_off).mean()),
    )


def _with_impact(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    best = max((entry.approval for entry in slices), default=0.0)
    if len(slices) < 2 or best == 0:  # noqa: PLR2004 - a ratio of two
        return tuple(slices)
    return tuple(replace(entry, impact=entry.approval / best) for entry in slices)
