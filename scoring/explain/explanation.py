"""An explanation as data: everything a user may ask about one score."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PointLine(_Part):
    """What one feature added; ``value`` is None where there was none."""

    feature_name: str
    title_zh: str
    title_en: str
    unit: str
    value: Decimal | None
    bin: str
    points: int


class DimensionSum(_Part):
    """A dimension's subtotal and the lines that make it."""

    dimension: str
    title_zh: str
    title_en: str
    points: int
    lines: tuple[PointLine, ...]


class Reason(_Part):
    """One of the features that cost the most points, in words."""

    reason_rank: int
    feature_name: str
    dimension: str
    points: int
    points_lost: int
    reason_code: str
    reason_zh: str
    reason_en: str


class Evidence(_Part):
    """What the score rests on, and how old that is.

    Attributes:
        known_on: The last batch date that the computation looked at.
        evidence_days: Days with any record of the user.
        months_on_book: Whole months since the user joined.
        newest_as_of_date: The newest published night.
        age_days: Days from the explained night to the newest published one.
        strength: ``none``, ``thin``, ``moderate`` or ``strong``; None if the card does not say.
        score_low: The least score that missing evidence leaves open; None likewise.
        score_high: The greatest.
    """

    known_on: date
    evidence_days: int | None
    months_on_book: int | None
    newest_as_of_date: date
    age_days: int
    strength: str | None = None
    score_low: int | None = None
    score_high: int | None = None


class ChangeLine(_Part):
    """What one feature's points changed by, and by which cause; None where not told apart."""

    feature_name: str
    title_zh: str
    title_en: str
    change: int
    late: int | None
    ageing: int | None
    behaviour: int | None
    card: int | None


class Change(_Part):
    """The difference to an earlier night as an addition.

    ``late`` + ``ageing`` + ``behaviour`` + ``card`` + ``undivided`` + ``clipped``, None as 0, is
    ``score_change``; ``base`` is part of ``card``. All are None if ``status`` is ``not_compared``.
    """

    previous_as_of_date: date
    previous_known_on: date
    previous_score: int | None
    status: str
    score_change: int | None
    late: int | None
    ageing: int | None
    behaviour: int | None
    card: int | None
    undivided: int | None
    clipped: int | None
    base: int | None
    lines: tuple[ChangeLine, ...]


class HelpLine(_Part):
    """One feature to act on: its value and bin now, and what they would have to be."""

    feature_name: str
    title_zh: str
    title_en: str
    unit: str
    value: Decimal
    bin: str
    target: Decimal
    target_bin: str
    gain: int
    advice_zh: str
    advice_en: str


class Help(_Part):
    """What would help: the smallest changes that reach the next band, or come nearest.

    ``score`` is what the score would be if only these values changed. ``wanted`` and the band are
    None in the highest band.
    """

    wanted: int | None
    band_title_zh: str | None
    band_title_en: str | None
    score: int
    is_reached: bool
    lines: tuple[HelpLine, ...]


class Explanation(_Part):
    """One user's score of one night as an addition.

    ``points_base`` + the dimensions' points + ``points_clipped`` = ``score``. For a user that is
    not scored these are None, ``dimensions`` and ``reasons`` are empty, and ``score_status_reason``
    says why. ``change`` and ``help`` are there if they were asked for.
    """

    user_key: int
    as_of_date: date
    generation: int
    card_id: str
    score_status: str
    score_status_reason: str | None
    score: int | None
    band_code: str | None
    band_title_zh: str | None
    band_title_en: str | None
    points_base: int | None
    dimensions: tuple[DimensionSum, ...]
    points_clipped: int | None
    reasons: tuple[Reason, ...]
    evidence: Evidence
    change: Change | None = None
    help: Help | None = None

    def to_dict(self) -> dict[str, object]:
        """The same for programs: plain JSON types, exact decimals as text."""
        return self.model_dump(mode="json")

    def render(self) -> str:
        """The same for people: text of at most 80 columns, Chinese and English."""
        from scoring.explain.text import render_text  # noqa: PLC0415 - it needs this module

        return render_text(self)
