"""Explaining a score from the published file alone."""

from __future__ import annotations

from datetime import date

import duckdb

from scoring.errors import ConfigurationError, PermanentError
from scoring.explain.comparison import compare, read_comparison
from scoring.explain.explanation import DimensionSum, Evidence, Explanation, PointLine
from scoring.explain.help import find_help
from scoring.explain.published import (
    PublishedScore,
    is_published,
    open_published,
    read_lines,
    read_newest,
    read_reasons,
    read_score,
)
from scoring.settings import Settings

DIMENSION_TITLES = {
    "spending": ("消费能力", "Spending"),
    "repayment": ("还款能力", "Repayment"),
    "history": ("信用历史", "Credit history"),
    "linkage": ("产品联动", "Product linkage"),
}
"""Dimensions with a points column in ``scores``, in printing order."""


def explain(
    settings: Settings,
    as_of_date: date | None = None,
    *,
    user_key: int,
    versus: date | None = None,
    what_would_help: bool = False,
) -> Explanation:
    """Explain one user's published score.

    Args:
        settings: Where ``published/`` is.
        as_of_date: The night; None means the newest published one.
        user_key: The user, by the key in the published tables.
        versus: An earlier published night to compare with; None for none.
        what_would_help: Whether to look for the smallest changes that reach the next band.

    Raises:
        ConfigurationError: The night is not published, or has no such user.
        PermanentError: Nothing is published, or the published points do not add up.
    """
    with open_published(settings) as connection:
        nights = read_newest(connection)
        night = as_of_date or nights.newest
        score = read_score(connection, night, user_key)
        if score is None:
            raise _not_found(night, nights.newest, has_night=is_published(connection, night))
        evidence = Evidence(
            known_on=score.known_on,
            evidence_days=score.evidence_days,
            months_on_book=score.months_on_book,
            newest_as_of_date=nights.newest,
            age_days=(nights.newest - night).days,
            strength=score.evidence_strength,
            score_low=score.score_low,
            score_high=score.score_high,
        )
        explanation = Explanation(
            user_key=user_key,
            as_of_date=night,
            generation=nights.generation,
            card_id=score.card_id,
            score_status=score.score_status,
            score_status_reason=score.score_status_reason,
            score=score.score,
            band_code=score.band_code,
            band_title_zh=score.band_title_zh,
            band_title_en=score.band_title_en,
            points_base=score.points_base,
            dimensions=_sum_dimensions(connection, score),
            points_clipped=score.points_clipped,
            reasons=read_reasons(connection, score),
            evidence=evidence,
            help=find_help(settings, connection, score) if what_would_help else None,
        )
        comparison = read_comparison(connection, score, versus) if versus else None
    if comparison is not None:
        # Not in the block: it may need the warehouse, for seconds.
        explanation = explanation.model_copy(update={"change": compare(settings, comparison)})
    _check_addition(explanation)
    return explanation


def _sum_dimensions(
    connection: duckdb.DuckDBPyConnection, score: PublishedScore
) -> tuple[DimensionSum, ...]:
    if score.score is None:
        return ()
    lines: dict[str, list[PointLine]] = {name: [] for name in DIMENSION_TITLES}
    for dimension, line in read_lines(connection, score):
        lines.setdefault(dimension, []).append(line)
    return tuple(
        DimensionSum(
            dimension=name,
            title_zh=DIMENSION_TITLES.get(name, (name, name))[0],
            title_en=DIMENSION_TITLES.get(name, (name, name))[1],
            points=score.points.get(name, 0),
            lines=tuple(parts),
        )
        for name, parts in lines.items()
    )


def _check_addition(explanation: Explanation) -> None:
    if explanation.score is None:
        return
    total = (explanation.points_base or 0) + (explanation.points_clipped or 0)
    for part in explanation.dimensions:
        total += part.points
        subtotal = sum(line.points for line in part.lines)
        if subtotal != part.points:
            raise _not_adding_up(explanation, part.dimension, part.points, subtotal)
    if total != explanation.score:
        raise _not_adding_up(explanation, "score", explanation.score, total)


def _not_adding_up(
    explanation: Explanation, part: str, published: int, added: int
) -> PermanentError:
    return PermanentError(
        "explanation refused",
        subject=f"{part}@{explanation.as_of_date}",
        expected="published points that add up to the published total",
        got=f"a difference of {published - added}",
        next_step=f"Publish the night again: creditloop publish --date {explanation.as_of_date}",
    )


def _not_found(night: date, newest: date, *, has_night: bool) -> ConfigurationError:
    if not has_night:
        return ConfigurationError(
            "score not found",
            subject=f"scores@{night}",
            expected=f"a published night (the newest is {newest})",
            got=f"{night}",
            next_step="Name a night that `creditloop status` lists, or leave out --date.",
        )
    return ConfigurationError(
        "score not found",
        subject=f"scores@{night}",
        expected="a user of that night who consents to credit scoring now",
        got="no row for this key",
        next_step="Check the key, and whether the user had joined by then or has since withdrawn.",
    )
