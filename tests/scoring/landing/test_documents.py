"""The generated pages of the landing contract are complete."""

from __future__ import annotations

import yaml

from scoring.landing.contract import load_feeds
from scoring.landing.documents import render_feeds_page, render_sources


def test_dbt_source_has_every_raw_column_described() -> None:
    sources = yaml.safe_load(render_sources())["sources"]
    assert [source["name"] for source in sources] == ["raw", "pending"]
    for source in sources:
        tables = {table["name"]: table["columns"] for table in source["tables"]}
        assert list(tables) == list(load_feeds())
        for feed in load_feeds().values():
            columns = {column["name"]: column["data_type"] for column in tables[feed.name]}
            assert columns == feed.raw_columns
            assert all(column["description"] for column in tables[feed.name])


def test_feeds_page_names_every_column_and_rule() -> None:
    page = render_feeds_page()
    for feed in load_feeds().values():
        section = page.split(f"\n## {feed.name}\n")[1].split("\n## ")[0]
        for column in feed.columns:
            mark = "\\*" if column.required else ""
            assert f"| `{column.name}`{mark} |" in section
        for rule in feed.row_rules:
            assert f"- `{rule.name}`:" in section
