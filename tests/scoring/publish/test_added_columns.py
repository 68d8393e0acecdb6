"""Nights published before a column existed stay readable; the column is empty there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb

from scoring.publish.columns import ADDED_SCORE_COLUMNS
from scoring.publish.published import published_file
from tests.scoring.publish.handmade import FIRST, Handmade, Scored

SECOND = FIRST + timedelta(days=1)


def forget_columns(handmade: Handmade) -> None:
    """Leave what an earlier version published: no added column in any file or table."""
    dropped = ", ".join(ADDED_SCORE_COLUMNS)
    for file in handmade.settings.published.rglob("scores_history/**/*.parquet"):
        aside = file.with_suffix(".old")
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * exclude ({dropped}) from '{file}') to '{aside}' (format parquet)"
            )
        aside.replace(file)
    target = published_file(handmade.settings).resolve()
    writable = Path(f"{target}.writable")
    writable.write_bytes(target.read_bytes())
    with duckdb.connect(str(writable)) as connection:
        for column in ADDED_SCORE_COLUMNS:
            connection.execute(f"alter table scores_latest drop column {column}")
    writable.replace(target)


def test_earlier_nights_show_the_added_columns_empty(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    forget_columns(handmade)
    handmade.publish(SECOND, {1: Scored()})
    query = "select user_key, as_of_date, score_low, score_high, evidence_strength from"
    score = Scored().score
    assert score is not None
    now = (1, SECOND, score - 10, score + 15, "strong")
    earlier = [(key, FIRST, None, None, None) for key in (1, 2)]
    assert handmade.ask(f"{query} scores order by as_of_date, user_key") == [*earlier, now]
    assert handmade.ask(f"{query} scores_history order by as_of_date, user_key") == [*earlier, now]
    assert handmade.ask(f"{query} scores_latest order by user_key") == [now, earlier[1]]


def test_added_columns_come_last(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored()})
    for table in ("scores", "scores_latest", "scores_history"):
        names = [name for name, *_ in handmade.ask(f"describe {table}")]
        assert names[-len(ADDED_SCORE_COLUMNS) :] == list(ADDED_SCORE_COLUMNS), table
