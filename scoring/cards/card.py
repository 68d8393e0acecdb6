"""A scorecard as data: frozen models of the JSON file, nothing that reads or computes.

Every number is exact: points are whole, edges are DECIMAL(18,6) written as text.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StrictInt,
)

EDGE_DECIMALS = 6
EDGE_PATTERN = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
EXACT_PATTERN = re.compile(r"-?\d{1,6}(\.\d{1,15})?")
POINTS_LIMIT = 10_000
DIMENSIONS = ("spending", "repayment", "history", "linkage")
"""Dimensions that ``scores.scores`` has a points column for, in printing order."""

Monotone = Literal["increasing", "decreasing", "none"]
STRENGTHS = ("thin", "moderate", "strong")
"""How much a score rests on, weakest first; below the first it is ``none``."""
DataSource = Literal["warehouse", "table"]
WAREHOUSE: DataSource = "warehouse"


def _parse_edge(value: object) -> object:
    if isinstance(value, Decimal):
        value = format(value, "f")
    if not isinstance(value, str) or not EDGE_PATTERN.fullmatch(value):
        raise ValueError('a DECIMAL(18,6) written as text, such as "0.5"')
    return Decimal(value)


def _write_edge(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Edge = Annotated[
    Decimal, BeforeValidator(_parse_edge), PlainSerializer(_write_edge, return_type=str)
]


def _parse_exact(value: object) -> object:
    if isinstance(value, Decimal):
        value = format(value, "f")
    if not isinstance(value, str) or not EXACT_PATTERN.fullmatch(value):
        raise ValueError('a decimal of at most 15 decimals written as text, such as "-0.0139"')
    return Decimal(value)


Exact = Annotated[
    Decimal, BeforeValidator(_parse_exact), PlainSerializer(_write_edge, return_type=str)
]
Points = Annotated[StrictInt, Field(ge=-POINTS_LIMIT, le=POINTS_LIMIT)]
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bin(_Part):
    """The values ``lower <= value < upper``; an open end is null."""

    lower: Edge | None
    upper: Edge | None
    points: Points
    label: Text


class ValueRule(_Part):
    """What a value outside the bins earns, why, and what the user is told.

    Attributes:
        points: Whole points.
        reason: Why these points, for reviewers of the card.
        reason_code: Code of the reason when this rule cost points.
        reason_zh: The same in words for the user, Chinese.
        reason_en: The same in words for the user, English.
    """

    points: Points
    reason: Text
    reason_code: Text
    reason_zh: Text
    reason_en: Text


class CardFeature(_Part):
    """One feature: its bins, and what happens outside them.

    ``missing`` is for NULL, ``unseen`` for a value that no bin holds (NaN, or beyond a closed end).
    ``monotone`` says how points go with the value.
    """

    feature_name: Text
    dimension: Text
    monotone: Monotone
    reason_code: Text
    reason_zh: Text
    reason_en: Text
    bins: Annotated[tuple[Bin, ...], Field(min_length=1, max_length=100)]
    missing: ValueRule
    unseen: ValueRule

    @property
    def maximum_points(self) -> int:
        """The most this feature can give; points lost are counted from here."""
        return max(*(part.points for part in self.bins), self.missing.points, self.unseen.points)


class Dimension(_Part):
    """One entry of the open registry of dimensions; valid on ``valid_from <= date < valid_to``."""

    dimension: Text
    title_zh: Text
    title_en: Text
    valid_from: date
    valid_to: date | None


class Scale(_Part):
    """Points as odds: ``base_score`` stands for ``base_odds`` good to one bad; ``pdo`` doubles it.

    ``meaning`` is ``intent`` where nobody has measured it (expert cards), else ``fitted``.
    """

    base_score: StrictInt
    base_odds: Annotated[StrictInt, Field(gt=0)]
    pdo: Annotated[StrictInt, Field(gt=0)]
    meaning: Literal["intent", "fitted"]

    def odds_at(self, score: float) -> float:
        """Good users to one bad that a score stands for.

        Example:
            With 600 points for 15 to 1 and 50 points to double: 650 is 30 to 1, 550 is 7.5 to 1.
        """
        return float(self.base_odds * 2 ** ((score - self.base_score) / self.pdo))


class ScoreRange(_Part):
    """Both ends belong to the range; the published score is clipped to it."""

    minimum: StrictInt
    maximum: StrictInt


class ScorabilityRule(_Part):
    """A user is scored only with ``feature_name >= minimum``; NULL fails."""

    feature_name: Text
    minimum: Edge
    reason_code: Text
    reason_zh: Text
    reason_en: Text


class EvidenceLevel(_Part):
    """A user has this strength with at least so many recorded days and whole months."""

    strength: Literal["thin", "moderate", "strong"]
    evidence_days: Annotated[StrictInt, Field(ge=0)]
    months_on_book: Annotated[StrictInt, Field(ge=0)]


class CardEvidence(_Part):
    """How much a score rests on, and how wide the interval around it is; see ``docs/score.md``.

    Attributes:
        levels: One per strength, weakest first.
        window_months: Feature -> months of history that its value is meant to describe. A feature
            that is not named is a fact of the night and widens nothing, not even as NULL.
        calibration_error_points: Half of the 95 % interval of the calibrated log odds, in points;
            0 where nothing was fitted.
    """

    levels: Annotated[tuple[EvidenceLevel, ...], Field(min_length=3, max_length=3)]
    window_months: dict[Text, Annotated[StrictInt, Field(ge=1, le=120)]]
    calibration_error_points: Annotated[StrictInt, Field(ge=0, le=POINTS_LIMIT)]


class LogisticCalibration(_Part):
    """What a score means as a probability: ``pd = 1 / (1 + exp(-(intercept + slope * score)))``.

    Attributes:
        method: The formula above, with the published (clipped) score.
        intercept: Log odds of bad at score 0.
        slope: Log odds of bad per point; negative, as more points are better.
        fitted_on: Part of the training data that both were fitted on.
        rows: Rows of that part.
        bads: Bad ones among them.
        outcome: What the probability is of, in words.
    """

    method: Literal["logistic"]
    intercept: Exact
    slope: Exact
    fitted_on: Text
    rows: Annotated[StrictInt, Field(gt=0)]
    bads: Annotated[StrictInt, Field(gt=0)]
    outcome: Text


class BetaCalibration(_Part):
    """The same where the odds bend: a point is worth more at one end of the score than the other.

    With ``q`` the probability of bad that the scale implies for the published score,
    ``ln(pd / (1 - pd)) = intercept + bad_weight * ln(q) - good_weight * ln(1 - q)``
    (Kull, Silva Filho and Flach, 2017). Equal weights are the logistic formula.

    Attributes:
        method: The formula above.
        intercept: Log odds of bad where both logarithms are 0.
        bad_weight: Log odds per log odds of the scale among the safest scores; positive.
        good_weight: The same among the riskiest; positive, so that pd falls with every point.
        fitted_on: Part of the training data that they were fitted on.
        rows: Rows of that part.
        bads: Bad ones among them.
        outcome: What the probability is of, in words.
    """

    method: Literal["beta"]
    intercept: Exact
    bad_weight: Annotated[Exact, Field(gt=0)]
    good_weight: Annotated[Exact, Field(gt=0)]
    fitted_on: Text
    rows: Annotated[StrictInt, Field(gt=0)]
    bads: Annotated[StrictInt, Field(gt=0)]
    outcome: Text


Calibration = Annotated[LogisticCalibration | BetaCalibration, Field(discriminator="method")]


class Card(_Part):
    """A reviewed scorecard; see ``docs/score.md`` for every field.

    The score is ``base_points`` plus the points of every feature, clipped to ``score_range``.
    Whether and from when it scores is no part of it: ``ops.card_releases`` says that.
    ``data_source`` says where its features come from: the catalogue of the warehouse, which is not
    written out, or the columns of a table that ``training`` lists. A night takes only the former.
    """

    card_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*_v[1-9][0-9]*$")]
    title: Text
    kind: Literal["expert", "trained"]
    purpose: Text
    data_source: Annotated[
        DataSource, Field(exclude_if=lambda source: bool(source == WAREHOUSE))
    ] = WAREHOUSE
    scale: Scale
    base_points: Points
    score_range: ScoreRange
    dimensions: Annotated[tuple[Dimension, ...], Field(min_length=1)]
    scorability: tuple[ScorabilityRule, ...]
    features: Annotated[tuple[CardFeature, ...], Field(min_length=1, max_length=200)]
    calibration: Calibration | None
    training: dict[str, JsonValue] | None
    evidence: CardEvidence | None = None
    hash: Text
