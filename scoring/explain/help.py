"""What would help one user, from published values and the card that scored them."""

from __future__ import annotations

from decimal import Decimal

import duckdb

from scoring.cards.card import Card
from scoring.cards.loader import read_catalog_seed
from scoring.changes.actionable import Action, read_actions
from scoring.changes.cards import find_card
from scoring.changes.improvements import Move, find_improvement, rescore
from scoring.errors import ConfigurationError, PermanentError
from scoring.explain.explanation import Help, HelpLine, PointLine
from scoring.explain.published import PublishedScore, read_lines
from scoring.settings import Settings


def find_help(
    settings: Settings, connection: duckdb.DuckDBPyConnection, score: PublishedScore
) -> Help | None:
    """The smallest changes of features the user can act on that reach the next band.

    Returns:
        None for a user without a score; no lines for one in the highest band.

    Raises:
        ConfigurationError: The card is kept no more.
        PermanentError: The card does not give the published score for the published values.
    """
    if score.score is None:
        return None
    card = require_card(settings, score)
    lines = {line.feature_name: line for _, line in read_lines(connection, score)}
    values: dict[str, Decimal | None] = {name: line.value for name, line in lines.items()}
    if set(values) != {f.feature_name for f in card.features} or (
        rescore(card, values) != score.score
    ):
        raise PermanentError(
            "help refused",
            subject=f"{card.card_id}@{score.as_of_date}",
            expected="the card to give the published score for the published values",
            got="another score",
            next_step=f"Publish the night again: creditloop publish --date {score.as_of_date}",
        )
    band = _next_band(connection, score)
    if band is None:
        return Help(
            wanted=None,
            band_title_zh=None,
            band_title_en=None,
            score=score.score,
            is_reached=True,
            lines=(),
        )
    wanted, title_zh, title_en = band
    actions = read_actions()
    units = {name: line.unit for name, line in lines.items()}
    found = find_improvement(card, values, units, actions, wanted)
    return Help(
        wanted=wanted,
        band_title_zh=title_zh,
        band_title_en=title_en,
        score=found.score,
        is_reached=found.is_reached,
        lines=tuple(
            _to_line(move, lines[move.feature_name], actions[move.feature_name])
            for move in found.moves
        ),
    )


def _to_line(move: Move, line: PointLine, action: Action) -> HelpLine:
    return HelpLine(
        feature_name=move.feature_name,
        title_zh=line.title_zh,
        title_en=line.title_en,
        unit=line.unit,
        value=move.value,
        bin=move.bin,
        target=move.target,
        target_bin=move.target_bin,
        gain=move.gain,
        advice_zh=action.advice_zh,
        advice_en=action.advice_en,
    )


def require_card(settings: Settings, score: PublishedScore) -> Card:
    """The card that scored a user.

    Raises:
        ConfigurationError: It is kept no more, or refused.
    """
    card = find_card(settings, score.card_id, read_catalog_seed())
    if card is None:
        raise ConfigurationError(
            "card not found",
            subject=f"{score.card_id}@{score.as_of_date}",
            expected="the card of the published night among the cards",
            got="none of this id",
            next_step="Install the version that scored the night, or score it again.",
        )
    return card


def _next_band(
    connection: duckdb.DuckDBPyConnection, score: PublishedScore
) -> tuple[int, str, str] | None:
    row = connection.execute(
        """
        select lower_bound, title_zh, title_en
        from score_bands
        where lower_bound > ? and valid_from <= ? and (valid_to is null or ? < valid_to)
        order by lower_bound
        limit 1
        """,
        [score.score, score.as_of_date, score.as_of_date],
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]))
