"""The card's features: bins, weights of evidence, coefficients, stability, correlation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scoring.cards.card import Card, CardFeature
from scoring.errors import PermanentError
from scoring.training.screening import psi_of
from scoring.training.table import EDGE_DIGITS, Column, Int64s
from scoring.validation.case import Case, Floats
from scoring.validation.logit import Coefficient, fit_logit
from scoring.validation.resampling import number_subjects

_HALF = 0.5
MISSING, UNSEEN = "missing", "outside the bins"


@dataclass(frozen=True)
class BinFigures:
    """One bin, or the values outside them; ``woe`` holds the parts with good and bad rows."""

    label: str
    points: int
    rows: int
    bads: int
    woe: Mapping[str, float]


@dataclass(frozen=True)
class FeatureFigures:
    """One feature of the card.

    Attributes:
        feature_name: The column.
        dimension: As in the card.
        monotone: As in the card.
        iv: Information value over the base part; None with one class alone.
        coefficient: Of its weight of evidence in a logistic regression of all of the card's
            features over the base part; 1 is the feature taken by itself.
        standard_error: Of the coefficient, robust to several rows of one subject.
        p_value: Of its being 0.
        psi: Part -> stability index against the base part.
        bins: Ascending, then missing and unseen where rows have them or they give points.
    """

    feature_name: str
    dimension: str
    monotone: str
    iv: float | None
    coefficient: float | None
    standard_error: float | None
    p_value: float | None
    psi: Mapping[str, float]
    bins: tuple[BinFigures, ...]

    @property
    def reach(self) -> tuple[int, int]:
        """The least and the most points of its bins."""
        points = [part.points for part in self.bins]
        return min(points), max(points)


@dataclass(frozen=True)
class PlacedFeature:
    """Where every row stands: the bin's number, then ``missing``, then ``unseen``."""

    feature: CardFeature
    place: Int64s

    @property
    def points(self) -> Int64s:
        """Points by place."""
        feature = self.feature
        inside = [part.points for part in feature.bins]
        return np.array([*inside, feature.missing.points, feature.unseen.points], np.int64)


def place_features(case: Case) -> tuple[PlacedFeature, ...]:
    """Every row's bin of every feature.

    Raises:
        PermanentError: Points added up so are not the score, which is a defect of this program.
    """
    columns = {column.name: column for column in case.table.columns}
    placed = tuple(_place(entry, columns[entry.feature_name]) for entry in case.card.features)
    _check_sum(case, placed)
    return placed


def measure_features(
    case: Case, placed: tuple[PlacedFeature, ...]
) -> tuple[tuple[FeatureFigures, ...], Floats]:
    """Figures of every feature, and the correlations of their weights of evidence."""
    target = case.table.target
    weights = [_weigh(entry, case, case.base) for entry in placed]
    rows = case.parts[case.base]
    evidence = np.column_stack(
        [
            np.zeros(rows.size) if weight is None else weight[entry.place[rows]]
            for entry, weight in zip(placed, weights, strict=True)
        ]
    )
    fitted = fit_logit(evidence, 1 - target[rows], number_subjects(case.table)[rows])
    figures = tuple(
        _describe(entry, case, None if fitted is None else fitted[number + 1])
        for number, entry in enumerate(placed)
    )
    return figures, _correlate(evidence)


def sum_points(card: Card, placed: tuple[PlacedFeature, ...]) -> Int64s:
    """Base and points of every row, clipped."""
    total: Int64s = np.full(placed[0].place.size, card.base_points, np.int64)
    for entry in placed:
        total += entry.points[entry.place]
    return np.clip(total, card.score_range.minimum, card.score_range.maximum)


def _place(feature: CardFeature, column: Column) -> PlacedFeature:
    starts = [_millionths(part.lower) for part in feature.bins if part.lower is not None]
    first_is_open = feature.bins[0].lower is None
    place = np.searchsorted(np.array(starts, np.int64), column.millionths, side="right")
    count = len(feature.bins)
    if not first_is_open:
        place = np.where(place == 0, count + 1, place - 1)
    end = feature.bins[-1].upper
    if end is not None:
        place = np.where(column.millionths >= _millionths(end), count + 1, place)
    return PlacedFeature(feature, np.where(column.missing, count, place).astype(np.int64))


def _check_sum(case: Case, placed: tuple[PlacedFeature, ...]) -> None:
    judged = np.concatenate(list(case.parts.values()))
    differing = int((sum_points(case.card, placed)[judged] != case.score[judged]).sum())
    if differing:
        raise PermanentError(
            "validation report not made",
            subject=case.card.card_id,
            expected="points added up from the card's bins to be the score of every row",
            got=f"{differing:,} of {judged.size:,} rows with another",
            next_step="This is a defect; report it.",
        )


def _counts(entry: PlacedFeature, case: Case, part: str) -> tuple[Int64s, Int64s]:
    rows = case.parts[part]
    is_bad = case.table.target[rows] == 1
    size = entry.points.size
    every = np.bincount(entry.place[rows], minlength=size)
    return every, np.bincount(entry.place[rows][is_bad], minlength=size)


def _weigh(entry: PlacedFeature, case: Case, part: str) -> Floats | None:
    """Weight of evidence by place, ``ln((goods + ½) / (bads + ½))`` less that of all rows."""
    every, bads = _counts(entry, case, part)
    goods = every - bads
    if not bads.sum() or not goods.sum():
        return None
    woe: Floats = np.log((goods + _HALF) / (bads + _HALF)) - np.log(goods.sum() / bads.sum())
    return np.where(every > 0, woe, 0.0)


def _describe(entry: PlacedFeature, case: Case, fitted: Coefficient | None) -> FeatureFigures:
    feature = entry.feature
    every, bads = _counts(entry, case, case.base)
    woe = {part: _weigh(entry, case, part) for part in case.parts}
    rows_in = {part: _counts(entry, case, part)[0] for part in case.parts}
    labels = [*(part.label for part in feature.bins), MISSING, UNSEEN]
    ordinary = len(feature.bins)
    bins = tuple(
        BinFigures(
            label=label,
            points=int(entry.points[place]),
            rows=int(every[place]),
            bads=int(bads[place]),
            woe={
                part: float(weights[place])
                for part, weights in woe.items()
                if weights is not None and rows_in[part][place] >= case.floor_rows
            },
        )
        for place, label in enumerate(labels)
        if place < ordinary or every[place] or entry.points[place]
    )
    weights = woe[case.base]
    goods = every - bads
    shares = goods / max(goods.sum(), 1) - bads / max(bads.sum(), 1)
    return FeatureFigures(
        feature_name=feature.feature_name,
        dimension=feature.dimension,
        monotone=feature.monotone,
        iv=None if weights is None else float((shares * weights).sum()),
        coefficient=None if fitted is None else fitted.value,
        standard_error=None if fitted is None else fitted.standard_error,
        p_value=None if fitted is None else fitted.p_value,
        psi={part: psi_of(every, counts) for part, counts in rows_in.items() if part != case.base},
        bins=bins,
    )


def _correlate(evidence: Floats) -> Floats:
    spread = evidence - evidence.mean(axis=0)
    norms = np.sqrt((spread**2).sum(axis=0))
    standard = spread / np.where(norms > 0, norms, 1.0)
    correlations: Floats = standard.T @ standard
    return correlations


def _millionths(edge: Decimal) -> int:
    return int(edge.scaleb(EDGE_DIGITS))
