"""Two published nights of one user compared: as the night found, or computed now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from scoring.cards.loader import read_catalog_seed
from scoring.changes.cards import find_card
from scoring.changes.decomposition import DIVIDED, NOT_COMPARED, STATES, decompose
from scoring.changes.paused_world import Pause
from scoring.changes.single import States, compute_states
from scoring.errors import ConfigurationError
from scoring.explain.explanation import Change, ChangeLine
from scoring.explain.published import PublishedScore, read_lines, read_score
from scoring.settings import Settings

_CAUSES = ("late", "ageing", "behaviour", "card")


@dataclass(frozen=True)
class Comparison:
    """What the published file says of two nights of one user.

    Attributes:
        current: The later night.
        previous: The earlier night.
        points: Points by feature on the later night.
        previous_points: Points by feature on the earlier night.
        titles: Titles (Chinese, English) by feature.
        divided: The row of ``score_changes``, if the night told the causes apart.
    """

    current: PublishedScore
    previous: PublishedScore
    points: dict[str, int]
    previous_points: dict[str, int]
    titles: dict[str, tuple[str, str]]
    divided: dict[str, object] | None


def read_comparison(
    connection: duckdb.DuckDBPyConnection, score: PublishedScore, versus: date
) -> Comparison:
    """Read both nights.

    Raises:
        ConfigurationError: The other night is not earlier, not published, or without the user.
    """
    previous = read_score(connection, versus, score.user_key)
    if versus >= score.as_of_date or previous is None:
        raise ConfigurationError(
            "scores not compared",
            subject=f"scores@{versus}",
            expected=f"an earlier published night than {score.as_of_date} with this user",
            got="none",
            next_step="Name a night that `creditloop status` lists.",
        )
    lines = [line for _, line in read_lines(connection, score)]
    previous_lines = [line for _, line in read_lines(connection, previous)]
    return Comparison(
        current=score,
        previous=previous,
        points={line.feature_name: line.points for line in lines},
        previous_points={line.feature_name: line.points for line in previous_lines},
        titles={
            line.feature_name: (line.title_zh, line.title_en) for line in [*previous_lines, *lines]
        },
        divided=_read_divided(connection, score, previous),
    )


def compare(settings: Settings, comparison: Comparison) -> Change:
    """The difference as an addition over causes and features.

    Raises:
        TransientError: The warehouse is in use.
        PermanentError: A model failed.
    """
    if comparison.current.score is None or comparison.previous.score is None:
        return _change(comparison, {"change_status": NOT_COMPARED})
    if comparison.divided is not None:
        return _change(comparison, comparison.divided)
    return _change(comparison, _compute(settings, comparison))


def _read_divided(
    connection: duckdb.DuckDBPyConnection, score: PublishedScore, previous: PublishedScore
) -> dict[str, object] | None:
    cursor = connection.execute(
        """
        select *
        from score_changes
        where user_key = ? and as_of_date = ? and known_on = ?
            and previous_as_of_date = ? and previous_known_on = ? and change_status = ?
        """,
        [
            score.user_key,
            score.as_of_date,
            score.known_on,
            previous.as_of_date,
            previous.known_on,
            DIVIDED,
        ],
    )
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone()
    return None if row is None else dict(zip(names, row, strict=True))


def _compute(settings: Settings, comparison: Comparison) -> dict[str, object]:
    current, previous = comparison.current, comparison.previous
    is_other_card = current.card_id != previous.card_id
    card = find_card(settings, previous.card_id, read_catalog_seed())
    old = (
        [feature.feature_name for feature in card.features]
        if card
        else list(comparison.previous_points)
    )
    new = list(comparison.points) if is_other_card else old
    states: States = {}
    if card is not None:
        pause = Pause(previous.as_of_date, current.as_of_date, current.known_on)
        states = compute_states(
            settings, pause, card, current.user_key, is_other_card=is_other_card
        )
    states["then"] = [comparison.previous_points[name] for name in old]
    states["after_card"] = [comparison.points[name] for name in new]
    if not is_other_card:
        states["before_card"] = states["after_card"]
    (found,) = decompose(_as_batch(comparison, states), old, new).to_pylist()
    base = (current.points_base or 0) - (previous.points_base or 0)
    return {**found, "change_base": base}


def _as_batch(comparison: Comparison, states: States) -> pa.RecordBatch:
    current, previous = comparison.current, comparison.previous
    numbers = {
        "previous_base": previous.points_base,
        "base": current.points_base,
        "previous_clipped": previous.points_clipped,
        "clipped": current.points_clipped,
    }
    return pa.RecordBatch.from_pydict(
        {
            "user_key": pa.array([current.user_key], pa.int64()),
            **{name: pa.array([states.get(name)], pa.list_(pa.int32())) for name in STATES},
            **{name: pa.array([value], pa.int32()) for name, value in numbers.items()},
        }
    )


def _change(comparison: Comparison, row: dict[str, object]) -> Change:
    """The row of one user, named as an explanation names it."""
    parts = (*_CAUSES, "undivided", "clipped", "base")
    return Change.model_validate(
        {
            "previous_as_of_date": comparison.previous.as_of_date,
            "previous_known_on": comparison.previous.known_on,
            "previous_score": comparison.previous.score,
            "status": row["change_status"],
            "score_change": row.get("score_change"),
            **{part: row.get(f"change_{part}") for part in parts},
            "lines": _lines(comparison, row),
        }
    )


def _lines(comparison: Comparison, row: dict[str, object]) -> tuple[ChangeLine, ...]:
    def lists(name: str) -> list[int | None]:
        found = row.get(f"feature_{name}")
        return list(found) if isinstance(found, list) else [None] * len(names)

    given = row.get("feature_names")
    names = [str(name) for name in given] if isinstance(given, list) else []
    causes = {cause: lists(cause) for cause in _CAUSES}
    lines = [
        ChangeLine(
            feature_name=name,
            title_zh=comparison.titles.get(name, (name, name))[0],
            title_en=comparison.titles.get(name, (name, name))[1],
            change=change or 0,
            **{cause: values[place] for cause, values in causes.items()},
        )
        for place, (name, change) in enumerate(zip(names, lists("changes"), strict=True))
    ]
    return tuple(sorted(lines, key=lambda line: (-abs(line.change), line.feature_name)))
