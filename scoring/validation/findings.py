"""Everything a validation report says, measured in one go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.cards.comparison import measure_stability
from scoring.training.split import TRAINING
from scoring.training.table import Int64s
from scoring.validation.calibration import PartCalibration, calibrate_part
from scoring.validation.case import Case, Floats, Grouping
from scoring.validation.challenger import Challenge, challenge
from scoring.validation.features import FeatureFigures, measure_features, place_features
from scoring.validation.resampling import number_subjects
from scoring.validation.separation import PartSeparation, separate_part
from scoring.validation.slices import Slicing, group_by_month, slice_case

_HISTOGRAM_BINS = 40


@dataclass(frozen=True)
class ScoreSpread:
    """How the scores of one part are spread.

    Attributes:
        psi: Stability index against the base part; None for the base part itself.
        mean: Mean score.
        quartiles: Lower quartile, median and upper quartile.
        edges: Ends of the bars of the histogram.
        goods: Good rows per bar.
        bads: Bad rows per bar.
    """

    psi: float | None
    mean: float
    quartiles: tuple[float, float, float]
    edges: Floats
    goods: Int64s
    bads: Int64s


@dataclass(frozen=True)
class Findings:
    """What was found; mappings go by part, in the order of the parts.

    ``known`` slices the rows by how many of the card's features have a value.
    """

    separation: Mapping[str, PartSeparation]
    calibration: Mapping[str, PartCalibration]
    spread: Mapping[str, ScoreSpread]
    features: tuple[FeatureFigures, ...]
    correlations: Floats
    challenge: Challenge | None
    vintages: Slicing | None
    known: Slicing
    segments: tuple[Slicing, ...]
    protected: tuple[Slicing, ...]


def find_all(case: Case) -> Findings:
    """Measure a case; see the modules beside this one for each figure.

    Raises:
        ConfigurationError: A library of the extra [train] is missing.
        PermanentError: The card's points do not add up to the scores.
    """
    placed = place_features(case)
    features, correlations = measure_features(case, placed)
    subjects = number_subjects(case.table)
    target = case.table.target
    separation, calibration, spread = {}, {}, {}
    for part, rows in case.parts.items():
        whom = None if part == TRAINING else subjects[rows]
        score, pd, outcome = case.score[rows], case.pd[rows], target[rows]
        separation[part] = separate_part(score, pd, outcome, whom, case.seed)
        calibration[part] = calibrate_part(pd, outcome)
        spread[part] = _spread(case, part)
    dates = case.table.dates
    return Findings(
        separation=separation,
        calibration=calibration,
        spread=spread,
        features=features,
        correlations=correlations,
        challenge=challenge(case),
        vintages=None if dates is None else slice_case(case, group_by_month(dates)),
        known=slice_case(case, _group_by_values(case)),
        segments=tuple(slice_case(case, grouping) for grouping in case.segments),
        protected=tuple(slice_case(case, grouping) for grouping in case.protected),
    )


def _spread(case: Case, part: str) -> ScoreSpread:
    rows = case.parts[part]
    score, is_bad = case.score[rows], case.table.target[rows] == 1
    limits = case.card.score_range
    edges = np.linspace(limits.minimum, limits.maximum, _HISTOGRAM_BINS + 1)
    low, middle, high = (float(value) for value in np.quantile(score, (0.25, 0.5, 0.75)))
    base = case.score[case.parts[case.base]]
    return ScoreSpread(
        psi=None if part == case.base else measure_stability(base, score),
        mean=float(score.mean()),
        quartiles=(low, middle, high),
        edges=edges,
        goods=np.histogram(score[~is_bad], edges)[0],
        bads=np.histogram(score[is_bad], edges)[0],
    )


def _group_by_values(case: Case) -> Grouping:
    """Thick and thin files by what the card itself has to go by."""
    columns = {column.name: column for column in case.table.columns}
    features = case.card.features
    known = sum((~columns[entry.feature_name].missing).astype(np.int64) for entry in features)
    order = ("all", "three quarters or more", "half or more", "fewer than half")
    share = known / len(features)
    names = np.select([share == 1, share >= 0.75, share >= 0.5], order[:3], order[3])  # noqa: PLR2004
    return Grouping("features with a value", names, order)
