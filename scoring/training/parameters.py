"""Everything that decides what a trained card looks like, besides its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scoring.errors import ConfigurationError

Trend = Literal["auto", "monotone", "free"]
Share = Annotated[float, Field(ge=0, lt=1)]


class TrainingParameters(BaseModel):
    """Frozen; written into the card as it was used. Every field's meaning is its description."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=7, ge=0, description="Decides the split and the folds.")
    held_out_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.25, description="Rows of each class kept from training, by a hash of the id."
    )
    out_of_time_share: Share = Field(
        default=0.25,
        description="With a date column: at least this share of the rows, the newest dates, is kept"
        " for the out-of-time evaluation; 0 keeps none.",
    )
    out_of_time_from: date | None = Field(
        default=None, description="First date kept for the out-of-time evaluation, instead."
    )
    minimum_bads: int = Field(
        default=50, ge=10, description="Bad rows the training part must hold; likewise good ones."
    )
    maximum_missing_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.99, description="A column with more missing values is screened out."
    )
    minimum_iv: float = Field(
        default=0.005,
        ge=0,
        description="A feature with less information value is screened out. Alone, 0.02 is called"
        " unpredictive; beside others weak features still add up.",
    )
    cross_check: float = Field(
        default=1.0,
        description="Bins made on one half of the training rows must separate the other half with"
        " an AUC so many standard errors above 0.5, or the feature is screened out; -9 lets all"
        " pass.",
    )
    maximum_psi: float = Field(
        default=0.1,
        gt=0,
        description="A feature whose distribution moves more between training and a kept part"
        " (population stability index) is screened out; less than 0.1 is called stable.",
    )
    maximum_correlation: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.95,
        description="Of features whose weights of evidence correlate more, the one with the highest"
        " information value stays.",
    )
    maximum_prebins: int = Field(
        default=20, ge=2, le=60, description="Bins before the optimal ones are chosen among them."
    )
    minimum_bin_share: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.02,
        description="A bin before merging holds at least this share of the rows' weight; the good"
        " rows together weigh as much as the bad ones.",
    )
    minimum_bin_rows: int = Field(
        default=60, ge=1, description="Rows that a bin before merging holds at least."
    )
    maximum_bins: int = Field(default=10, ge=2, le=60, description="Bins of one feature.")
    trend: Trend = Field(
        default="auto",
        description="How risk may go with the value where no direction is declared: monotone, or"
        " auto (monotone or with one turn, whichever fits), or free.",
    )
    keep_directions: bool = Field(
        default=True, description="A direction declared for a feature binds its bins."
    )
    special_values: dict[str, tuple[Decimal, ...]] = Field(
        default_factory=dict, description="Codes among a column's values; each has its own bin."
    )
    ridge: float = Field(
        default=1.0,
        gt=0,
        description="Penalty on the squared coefficients of weights=regression (half of it each);"
        " next to nothing beside thousands of rows, but keeps few rows from endless ones.",
    )
    maximum_features: int = Field(
        default=40,
        ge=1,
        le=200,
        description="The weakest features are taken out until so many remain.",
    )
    features_per_root_bad: float = Field(
        default=1.0,
        gt=0,
        description="Likewise until so many remain as this times the square root of the bad"
        " training rows: estimates of p weights are good while p squared is small beside them"
        " (Portnoy, 1988).",
    )
    weights: Literal["boosted", "regression"] = Field(
        default="boosted",
        description="How bins get their weights: together, in many small steps within their"
        " direction; or as coefficient times weight of evidence, no coefficient below 0.",
    )
    learning_rate: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.05, description="Length of a step of the boosting."
    )
    folds: int = Field(
        default=4,
        ge=2,
        le=20,
        description="Parts of the cross-validation that ends the boosting; a weight is the mean of"
        " those fitted without each part.",
    )
    base_score: int = Field(default=600, description="Score that stands for base_odds.")
    base_odds: int | None = Field(
        default=None,
        gt=0,
        description="Good to one bad at base_score; by default 15 for the warehouse, as in the"
        " expert card, and for a table the whole number nearest to the training rows' own odds.",
    )
    pdo: int = Field(default=50, gt=0, description="Points that double the odds.")
    score_minimum: int = Field(default=350, description="Lowest published score.")
    score_maximum: int = Field(default=950, description="Highest published score.")
    leak_auc: Annotated[float, Field(gt=0.5, le=1)] = Field(
        default=0.99, description="A feature or card that separates better is called a leak."
    )

    @model_validator(mode="after")
    def _check(self) -> TrainingParameters:
        if self.score_minimum >= self.score_maximum:
            raise ValueError("score_minimum must be below score_maximum")
        return self


def make_parameters(
    given: Mapping[str, str], *, seed: int, special_values: Mapping[str, Sequence[Decimal]]
) -> TrainingParameters:
    """Parameters from a command line: values as text, several separated by commas.

    Raises:
        ConfigurationError: There is no such parameter, or its value breaks its rule.
    """
    own = ("seed", "special_values")
    known = [name for name in TrainingParameters.model_fields if name not in own]
    values: dict[str, object] = {"seed": seed, "special_values": special_values}
    for name, text in given.items():
        if name not in known:
            raise _refused(name, expected=" | ".join(known), got="no such parameter")
        values[name] = text
    try:
        return TrainingParameters.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "parameters"
        raise _refused(place, expected=first["msg"], got=repr(first["input"])[:80]) from None


def _refused(name: str, *, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "parameter refused",
        subject=name,
        expected=expected,
        got=got,
        next_step="docs/cards.md lists the parameters of --set.",
    )
