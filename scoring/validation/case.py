"""What a validation report judges: a card, rows with outcomes, and what else is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from scoring.cards.card import Card
from scoring.training.binning import Direction
from scoring.training.screening import ScreenedFeature
from scoring.training.split import TRAINING
from scoring.training.table import Int64s, TrainingTable
from scoring.training.weights import DroppedFeature

Texts = npt.NDArray[np.str_]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

WHOLE = "new_data"
"""The only part where the rows are not those the card was trained on."""
FLOOR_ROWS = 50
FEWEST_SHOWN = 10
"""Counts below this are not shown, nor can they be told from what is."""
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Grouping:
    """Rows sorted into named groups, one name per row of the table.

    ``order`` lists the names as they are shown; by default they are sorted, "not known" last.
    """

    title: str
    names: Texts
    order: tuple[str, ...] = ()

    def shown(self) -> tuple[str, ...]:
        """Every name that occurs, in the order in which it is shown."""
        found = {str(name) for name in np.unique(self.names)}
        listed = [name for name in self.order if name in found]
        rest = sorted(found - set(listed), key=lambda name: (name == NOT_KNOWN, name))
        return (*listed, *rest)


@dataclass(frozen=True)
class Case:
    """A card and the rows that judge it.

    Attributes:
        card: Sealed.
        table: The rows; its columns hold at least the card's features.
        score: Published score of every row; of rows in no part it means nothing.
        pd: Stated probability of bad of every row, strictly between 0 and 1.
        parts: Part -> row numbers: training, held_out and out_of_time, or new_data alone.
        facts: What the card or the reader says of the data; see ``training.data`` of a card.
        protected: Protected attributes: measured here, never features.
        segments: Other groups of interest.
        screening: Every candidate's fate; empty where the card was not trained just now.
        dropped: Features that the regression gave up.
        directions: Declared direction per candidate.
        warnings: Of the training.
        cut_off: Least score that counts as approved in the shares of approval.
        floor_rows: Groups with fewer rows are not shown.
        seed: Decides resampling and the challenger.
    """

    card: Card
    table: TrainingTable
    score: Int64s
    pd: Floats
    parts: Mapping[str, Int64s]
    facts: Mapping[str, JsonValue]
    protected: tuple[Grouping, ...] = ()
    segments: tuple[Grouping, ...] = ()
    screening: tuple[ScreenedFeature, ...] = ()
    dropped: tuple[DroppedFeature, ...] = ()
    directions: Mapping[str, Direction] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    cut_off: int = 600
    floor_rows: int = FLOOR_ROWS
    seed: int = 7

    @property
    def has_training(self) -> bool:
        """Whether the rows that the card was trained on are among these."""
        return TRAINING in self.parts

    @property
    def base(self) -> str:
        """The part that bins and distributions are counted on first."""
        return TRAINING if self.has_training else next(iter(self.parts))

    @property
    def kept(self) -> Int64s:
        """Rows that training has not seen: those that figures of groups are made of."""
        rows = [part for name, part in self.parts.items() if name != TRAINING]
        return np.sort(np.concatenate(rows)) if rows else np.array([], np.int64)
