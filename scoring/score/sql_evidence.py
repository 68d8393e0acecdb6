"""The part ``evidence`` of a card as SQL: strength, and what missing evidence leaves open.

See ``scoring.score.evidence`` for the rule.
"""

from __future__ import annotations

from scoring.cards.card import Card, CardEvidence, CardFeature
from scoring.score.evidence import DAYS_COLUMN, MONTHS_COLUMN, NO_STRENGTH
from scoring.score.sql_dialects import Dialect, edge_sql

EVIDENCE_COLUMNS = ("score_low", "score_high", "evidence_strength")


def count_columns(dialect: Dialect) -> list[str]:
    """Months and days of history as whole numbers, from the features' values."""
    return [
        f"{_whole(MONTHS_COLUMN, dialect)} as months_of_history",
        f"{_whole(DAYS_COLUMN, dialect)} as days_of_evidence",
    ]


def open_columns(card: Card, evidence: CardEvidence, dialect: Dialect) -> list[str]:
    """The strength, and for every named feature the months of its window that are not known."""
    lines = [
        f"    when days_of_evidence >= {level.evidence_days}"
        f" and months_of_history >= {level.months_on_book} then '{level.strength}'"
        for level in reversed(evidence.levels)
    ]
    strength = "\n".join(["case", "    when not has_consent then null", *lines])
    columns = [f"{strength}\n    else '{NO_STRENGTH}'\nend as evidence_strength"]
    for feature, months in _named(card, evidence):
        name = dialect.identifier(f"{feature.feature_name}_open_months")
        columns.append(
            f"case\n    when {_in_a_bin(feature, dialect)}"
            f" then {months} - least(months_of_history, {months})\n    else {months}\nend as {name}"
        )
    return columns


def sum_columns(card: Card, evidence: CardEvidence, dialect: Dialect) -> list[str]:
    """Points that are open downwards and upwards, each feature's share rounded outwards."""
    down: list[str] = []
    up: list[str] = []
    for feature, months in _named(card, evidence):
        earned = dialect.identifier(f"{feature.feature_name}_points")
        unknown = dialect.identifier(f"{feature.feature_name}_open_months")
        points = [part.points for part in feature.bins]
        for terms, lost in (
            (down, f"{earned} - {_signed(min(points))}"),
            (up, f"{_signed(max(points))} - {earned}"),
        ):
            share = f"greatest({lost}, 0) * {unknown} + {months - 1}"
            terms.append(dialect.quotient(share, months))
    error = str(evidence.calibration_error_points)
    return [
        f"{' + '.join([error, *down])} as points_open_below",
        f"{' + '.join([error, *up])} as points_open_above",
    ]


def final_columns(card: Card) -> list[str]:
    """``score_low``, ``score_high`` and ``evidence_strength``."""
    limits = card.score_range

    def clip(total: str) -> str:
        clipped = f"least(greatest({total}, {limits.minimum}), {limits.maximum})"
        return f"case when is_scored then cast({clipped} as int) end"

    return [
        f"{clip('points_total - points_open_below')} as score_low",
        f"{clip('points_total + points_open_above')} as score_high",
        "evidence_strength",
    ]


def _named(card: Card, evidence: CardEvidence) -> list[tuple[CardFeature, int]]:
    windows = evidence.window_months
    return [
        (feature, windows[feature.feature_name])
        for feature in card.features
        if feature.feature_name in windows
    ]


def _whole(name: str, dialect: Dialect) -> str:
    value = dialect.identifier(f"{name}_value")
    return f"cast(floor(greatest(coalesce({value}, 0), 0)) as bigint)"


def _in_a_bin(feature: CardFeature, dialect: Dialect) -> str:
    value = dialect.identifier(f"{feature.feature_name}_value")
    lowest, highest = feature.bins[0].lower, feature.bins[-1].upper
    ends = [] if lowest is None else [f"{value} >= {edge_sql(lowest)}"]
    ends += [] if highest is None else [f"{value} < {edge_sql(highest)}"]
    return " and ".join(ends) or f"{value} is not null"


def _signed(points: int) -> str:
    return str(points) if points >= 0 else f"({points})"
