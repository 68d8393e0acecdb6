"""What a training gave: the card, and everything a validation report is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from scoring.cards.card import Card, Monotone
from scoring.training.binning import Direction
from scoring.training.metrics import Metrics
from scoring.training.parameters import TrainingParameters
from scoring.training.screening import ScreenedFeature
from scoring.training.table import Int8s, Int64s, TrainingTable
from scoring.training.weights import DroppedFeature


@dataclass(frozen=True)
class FittedBin:
    """One bin (or "missing") of a fitted feature over the training rows.

    ``woe`` is the weight of evidence by counts, ``weight`` the fitted log odds (centred), and
    ``points`` what the card gives. ``lower``/``upper`` are None for an open end and for missing.
    """

    label: str
    lower: str | None
    upper: str | None
    rows: int
    goods: int
    bads: int
    bad_rate: float | None
    woe: float
    weight: float
    points: int


@dataclass(frozen=True)
class FittedFeature:
    """A feature of the card.

    Attributes:
        feature_name: The column.
        monotone: As the card declares it.
        iv: Information value over the training rows.
        slope: Of its weights on its weights of evidence (``weights.slope_of``).
        agreement: Correlation of the points with the weights of evidence over the training rows;
            far below 1 where other features changed what this one says.
        bins: Ascending, then "missing".
    """

    feature_name: str
    monotone: Monotone
    iv: float
    slope: float
    agreement: float
    bins: tuple[FittedBin, ...]


@dataclass(frozen=True)
class ScoredPart:
    """The rows of one part as the finished card scores them; ``rows`` are row numbers."""

    part: str
    rows: Int64s
    target: Int8s
    score: Int64s
    pd: npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrainingResult:
    """A trained card with its evidence.

    Attributes:
        card: Sealed.
        parameters: As given.
        data: The training data's facts, as in ``card.training``.
        screening: Every candidate's fate.
        dropped: Features that the fit gave up.
        features: In the card's order.
        rounds: Steps of the boosting, None without.
        parts: training, held_out and out_of_time if any.
        metrics: One per part.
        warnings: What a reader must not miss; a suspected leak comes first.
        table: The data themselves; in no file of the training.
        directions: The declared direction of every candidate.
    """

    card: Card
    parameters: TrainingParameters
    data: Mapping[str, JsonValue]
    screening: tuple[ScreenedFeature, ...]
    dropped: tuple[DroppedFeature, ...]
    features: tuple[FittedFeature, ...]
    rounds: int | None
    parts: tuple[ScoredPart, ...]
    metrics: tuple[Metrics, ...]
    warnings: tuple[str, ...]
    table: TrainingTable = field(repr=False)
    directions: Mapping[str, Direction] = field(repr=False)

    def to_dict(self) -> dict[str, JsonValue]:
        """Everything but the rows, for JSON."""
        return cast(
            "dict[str, JsonValue]",
            {
                "card_id": self.card.card_id,
                "card_hash": self.card.hash,
                "warnings": list(self.warnings),
                "metrics": [asdict(metrics) for metrics in self.metrics],
                "data": dict(self.data),
                "parameters": self.parameters.model_dump(mode="json"),
                "rounds": self.rounds,
                "screening": [asdict(fate) for fate in self.screening],
                "dropped_by_fit": [asdict(feature) for feature in self.dropped],
                "features": [asdict(feature) for feature in self.features],
            },
        )
