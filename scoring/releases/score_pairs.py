"""The same users scored by two cards: from a night of the warehouse, or from any table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from scoring.cards.card import Card
from scoring.cards.comparison import Int64s, Mask
from scoring.errors import ConfigurationError, DataRefusedError, PermanentError
from scoring.nights import Night
from scoring.score.compiled import CompiledCard, compile_card
from scoring.score.marts import BATCH_ROWS, read_catalog, stream_night
from scoring.score.scorer import score_alone
from scoring.warehouse.sql import quote_identifier, quote_literal

_READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".csv.gz": "read_csv"}

# What a card made of a night, as champion or in the shadow.
STORED_SCORES = """
    select user_key, score
    from scores.scores
    where as_of_date = ? and known_on = ? and card_id = ?
    union all
    select user_key, score
    from scores.shadow_scores
    where as_of_date = ? and known_on = ? and card_id = ?
"""


@dataclass(frozen=True)
class ScorePairs:
    """One entry per user.

    Attributes:
        first: Scores of the first card; 0 where there is none.
        second: Scores of the second card.
        has_first: Who is scored by the first card.
        has_second: Who is scored by the second card.
        is_bad: Outcomes; None where there are none.
        has_outcome: Whose outcome is known; None where there are none.
    """

    first: Int64s
    second: Int64s
    has_first: Mask
    has_second: Mask
    is_bad: Mask | None = None
    has_outcome: Mask | None = None


def newest_scored_night(connection: duckdb.DuckDBPyConnection) -> tuple[date, date]:
    """as_of_date and known_on of the newest night in ``scores.scores``.

    Raises:
        PermanentError: There is none.
    """
    # fetchall, not fetchone: a result that is not read to its end blocks its connection.
    rows = connection.execute(
        "select as_of_date, known_on from scores.scores order by as_of_date desc, known_on desc "
        "limit 1"
    ).fetchall()
    if not rows:
        raise PermanentError(
            "comparison refused",
            subject="scores.scores",
            expected="a scored night",
            got="none",
            next_step="Score a night first, or compare on a table: --data FILE",
        )
    return rows[0]


def read_stored(connection: duckdb.DuckDBPyConnection, night: Night, card_id: str) -> Int64s:
    """Scores that a card gave in a night, without users that it did not score."""
    place = [night.as_of_date, night.known_on, card_id]
    rows = connection.execute(
        f"select score::bigint as score from ({STORED_SCORES}) where score is not null",
        [*place, *place],
    ).fetchnumpy()
    scores: Int64s = np.asarray(rows["score"], np.int64)
    return scores


def pair_night(
    connection: duckdb.DuckDBPyConnection, night: Night, first: Card, second: Card
) -> ScorePairs:
    """Pairs of a night: as they were scored, else from the marts while these are kept.

    Raises:
        PermanentError: Neither the scores of both cards nor the marts of the night are there.
    """
    place = [night.as_of_date, night.known_on]
    rows = connection.sql(
        f"""
        select firsts.score::bigint as first, seconds.score::bigint as second
        from ({STORED_SCORES}) as firsts
        inner join ({STORED_SCORES}) as seconds using (user_key)
        """,
        params=[*([*place, first.card_id] * 2), *([*place, second.card_id] * 2)],
    ).to_arrow_table()
    if rows.num_rows:
        return _pairs([(rows["first"].combine_chunks(), rows["second"].combine_chunks())])
    catalog = read_catalog(connection, night)
    for card in (first, second):
        absent = [item.feature_name for item in card.features if item.feature_name not in catalog]
        if absent:
            raise ConfigurationError(
                "comparison refused",
                subject=card.card_id,
                expected="features of marts.feature_catalog",
                got=", ".join(absent),
                next_step="Build the night with this version, or compare on a table: --data FILE",
            )
    cards = (compile_card(first), compile_card(second))
    reader = connection.cursor()
    try:
        return _pairs(
            tuple(score_alone(card, batch)["score"] for card in cards)
            for batch in stream_night(reader, night, cards[0], catalog, cards[1:])
        )
    finally:
        reader.close()


def pair_table(path: Path, first: Card, second: Card, target: str | None) -> ScorePairs:
    """Pairs of a Parquet or CSV table with a column per feature.

    Every row counts as a user who agreed to be scored, unless ``has_scoring_consent`` says other.

    Args:
        path: ``.parquet``, ``.csv`` or ``.csv.gz``.
        first: One card.
        second: The other.
        target: Column of outcomes: 1 bad, 0 good, empty not matured.

    Raises:
        ConfigurationError: Another kind of file, or a column that a card needs is absent.
        DataRefusedError: The file cannot be read, or the target holds other values.
    """
    reader = next((_READERS[end] for end in _READERS if path.name.endswith(end)), None)
    if reader is None:
        raise ConfigurationError(
            "option refused",
            subject="--data",
            expected=" | ".join(_READERS),
            got=path.suffix or "no ending",
            next_step="Name a table of one of these kinds.",
        )
    cards = (compile_card(first), compile_card(second))
    with duckdb.connect() as connection:
        try:
            table = connection.sql(f"from {reader}({quote_literal(str(path))})")
            columns = dict(zip(table.columns, map(str, table.types), strict=True))
            query = f"select {', '.join(_columns(columns, cards, target))} from table_rows"
            table.create_view("table_rows")
            batches = connection.sql(query).to_arrow_reader(BATCH_ROWS)
            parts = []
            outcomes = []
            for batch in batches:
                parts.append(tuple(score_alone(card, batch)["score"] for card in cards))
                outcomes.append(batch["outcome"] if target else None)
        except duckdb.Error as error:
            raise DataRefusedError(
                "table refused",
                subject=path.name,
                expected="a readable table whose features are numbers",
                got=type(error).__name__,
                next_step="Correct the file.",
            ) from error
    return _with_outcomes(_pairs(parts), [item for item in outcomes if item is not None], target)


def _columns(
    columns: Mapping[str, str], cards: Sequence[CompiledCard], target: str | None
) -> list[str]:
    """What is selected of a table: the cards' columns that it has, and what stands for the rest."""
    if target is not None and target not in columns:
        raise ConfigurationError(
            "option refused",
            subject="--target",
            expected=f"a column of the table ({' | '.join(columns)})",
            got=target,
            next_step="Name one of them.",
        )
    wanted = ["user_key", "has_scoring_consent"]
    for card in cards:
        wanted += [feature.feature_name for feature in card.features]
        wanted += [name for name, _ in card.scorability_minimums]
    chosen = []
    for name in dict.fromkeys(name for name in wanted if name in columns):
        # A column of a CSV without any value has no type but text.
        kind = "::double" if columns[name] == "VARCHAR" else ""
        chosen.append(f"{quote_identifier(name)}{kind} as {quote_identifier(name)}")
    if "user_key" not in columns:
        chosen.append("row_number() over () as user_key")
    if "has_scoring_consent" not in columns:
        chosen.append("true as has_scoring_consent")
    if target is not None:
        chosen.append(f"{quote_identifier(target)}::double as outcome")
    return chosen


def _with_outcomes(pairs: ScorePairs, outcomes: list[pa.Array], target: str | None) -> ScorePairs:
    if target is None:
        return pairs
    column = pa.chunked_array(outcomes, pa.float64()).combine_chunks()
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    if not np.isin(values, (0.0, 1.0)).all():
        others = len(set(values.tolist()) - {0.0, 1.0})
        raise DataRefusedError(
            "table refused",
            subject=target,
            expected="1 (bad), 0 (good) or nothing (not matured)",
            got=f"{others} other values",
            next_step="Make the outcome of these values first.",
        )
    known = column.is_valid().to_numpy(zero_copy_only=False)
    return ScorePairs(
        pairs.first, pairs.second, pairs.has_first, pairs.has_second, values == 1.0, known
    )


def _pairs(parts: Iterable[tuple[pa.Array, ...]]) -> ScorePairs:
    columns = [*zip(*parts, strict=True)] or [(), ()]
    first, second = (
        pa.chunked_array([chunk.cast(pa.int64()) for chunk in chunks], pa.int64()).combine_chunks()
        for chunks in columns
    )
    return ScorePairs(
        first.fill_null(0).to_numpy(zero_copy_only=False),
        second.fill_null(0).to_numpy(zero_copy_only=False),
        first.is_valid().to_numpy(zero_copy_only=False),
        second.is_valid().to_numpy(zero_copy_only=False),
    )
