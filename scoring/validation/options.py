"""What the reader of a report may choose."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.cards.card import Card
from scoring.validation.case import FLOOR_ROWS


@dataclass(frozen=True)
class ReportOptions:
    """Choices that change what is shown, never the card.

    Attributes:
        protected: Columns that are measured for fairness; of a table only, the warehouse has its
            own.
        segments: Columns whose groups are looked at one by one.
        cut_off: Least score that counts as approved; by default the scale's base score.
        floor_rows: Groups with fewer rows are not shown.
    """

    protected: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    cut_off: int | None = None
    floor_rows: int = FLOOR_ROWS

    def cut_off_of(self, card: Card) -> int:
        """The cut-off, for a card."""
        return card.scale.base_score if self.cut_off is None else self.cut_off
