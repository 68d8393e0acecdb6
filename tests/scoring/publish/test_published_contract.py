from __future__ import annotations

import re

from scoring.settings import PROJECT_ROOT
from tests.scoring.publish.handmade import FEATURES, FIRST, Handmade, Scored

PAGE = PROJECT_ROOT / "docs" / "published_tables.md"
REFERENCE = ("feature_catalog", "score_bands")


def test_page_names_every_table_and_column_and_no_other_table(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored()})
    page = PAGE.read_text(encoding="utf-8")
    columns = handmade.ask("select table_name, column_name from information_schema.columns")
    titles = {
        name
        for line in re.findall(r"^### (.*)$", page, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", line)
    }
    assert titles == {table for table, _ in columns}
    named = set(re.findall(r"`(\w+)`", page))
    features = {name for name, *_ in FEATURES}
    described = {column for table, column in columns if table not in REFERENCE} - features
    assert described - named == set()


def test_types_are_those_promised(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored()})
    types = dict(
        handmade.ask(
            "select column_name, data_type from information_schema.columns "
            "where table_name = 'scores_history'"
        )
    )
    assert types["user_key"] == types["published_at_generation"] == "BIGINT"
    assert types["as_of_date"] == types["known_on"] == "DATE"
    assert types["pd_12m"] == "DECIMAL(18,6)"
    assert types["score"] == types["points_clipped"] == "INTEGER"
    assert types["is_current"] == "BOOLEAN"
