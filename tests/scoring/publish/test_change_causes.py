"""Causes of a change reach readers only where they belong to these very readings."""

from __future__ import annotations

import duckdb

from scoring.publish.columns import ADDED_CHANGE_COLUMNS
from scoring.publish.published import published_file
from scoring.warehouse.store import open_warehouse
from tests.scoring.publish.handmade import FIRST, SECOND, THIRD, Handmade, Scored, ask

ASK = """
    select change_status, score_change, change_late, change_behaviour, change_undivided,
        feature_names, feature_late
    from score_changes
    where as_of_date = date '2025-01-31'
    order by user_key
"""


def _add_causes(deployment: Handmade, key: int, *, late: int, behaviour: int) -> None:
    """What the step ``score`` leaves for a user of the second night."""
    with open_warehouse(deployment.settings) as connection:
        connection.execute(
            """
            insert into scores.score_changes
            values (?, ?, ?, ?, ?, 'divided', ?, ?, 0, ?, 0, 0, 0, ['spend_amount_90d'], [?], [?],
                [0], [?], [0])
            """,
            [key, SECOND, SECOND, FIRST, FIRST, *(2 * [late + behaviour, late, behaviour])],
        )


def test_causes_are_shown_for_the_scores_they_explain(handmade: Handmade) -> None:
    handmade.publish(FIRST, {key: Scored(spending=10) for key in (1, 2)})
    _add_causes(handmade, 1, late=-2, behaviour=7)
    _add_causes(handmade, 2, late=-2, behaviour=8)
    handmade.publish(SECOND, {key: Scored(spending=15) for key in (1, 2, 3)})
    assert handmade.ask(ASK) == [
        ("divided", 5, -2, 7, 0, ["spend_amount_90d"], [-2]),
        # Found for a change of 6, and it is 5: of other scores than the published ones.
        ("undivided", 5, None, None, 5, None, None),
        ("not_compared", None, None, None, None, None, None),
    ]


def test_files_of_an_earlier_version_lack_columns_and_are_read(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(spending=10)})
    handmade.publish(SECOND, {1: Scored(spending=15)})
    (path,) = (handmade.settings.published / "score_changes" / f"as_of_date={SECOND}").glob(
        "*/*.parquet"
    )
    path.chmod(0o644)
    with duckdb.connect() as memory:
        memory.execute(
            f"create table old as from read_parquet('{path}', hive_partitioning = false)"
        )
        for name in ADDED_CHANGE_COLUMNS:
            memory.execute(f"alter table old drop column {name}")
        memory.execute(f"copy old to '{path}' (format parquet)")
    handmade.publish(THIRD, {1: Scored(spending=20)})
    statuses = "select as_of_date, change_status, score_change from score_changes order by all"
    assert ask(published_file(handmade.settings), statuses) == [
        (FIRST, "not_compared", None),
        (SECOND, None, 5),
        (THIRD, "undivided", 5),
    ]
