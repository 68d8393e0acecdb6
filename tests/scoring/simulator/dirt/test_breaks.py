"""Every way to break a rule breaks that rule and no other, in every format."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.landing.contract import Feed, load_feeds
from scoring.landing.ingest import ingest_range
from scoring.landing.row_rules import IS_DELETED, row_problems
from scoring.settings import EVERY_FEED, load_settings
from scoring.simulator.batches import FILE_FORMATS, FileFormat, write_table
from scoring.simulator.dirt.blocks import Row, to_table
from scoring.simulator.dirt.breaks import Break, foreign_schema, list_breaks, to_foreign
from scoring.simulator.dirt.rule_breaks import ROW_RULE_BREAKS
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.scoring.simulator.dirt.deployments import Deployment
from tests.scoring.simulator.worlds import START

TYPED, FOREIGN = "part-000", "part-000-1"


def _clean_rows(clean: Deployment, feed: Feed) -> tuple[pa.Table, list[Row]]:
    """As many rows as there are breaks, each with a key of its own (disputes are rare)."""
    paths = sorted((clean.landing / feed.name).rglob("*.parquet"))
    table = pa.concat_tables(pq.read_table(path, partitioning=None) for path in paths)
    rows = {tuple(row[name] for name in feed.key): row for row in table.to_pylist()}
    chosen, count = list(rows.values()), len(list_breaks(feed.name))
    renamed = [
        row | {feed.key[0]: f"{row[feed.key[0]]}.{number // len(chosen)}"}
        for number, row in enumerate(chosen * (count // len(chosen) + 1))
    ]
    return table, renamed[:count]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_breaks_are_quarantined_by_their_rule(
    clean: Deployment, tmp_path: Path, file_format: FileFormat
) -> None:
    settings = load_settings(
        home=tmp_path / "home",
        identity_key=TEST_KEY,
        landing_quiet_seconds=0,
        quarantine_share={EVERY_FEED: 1},
    )
    expected = []
    for feed in load_feeds().values():
        table, rows = _clean_rows(clean, feed)
        breaks = list_breaks(feed.name)
        for row, each in zip(rows, breaks, strict=True):
            each.spoil(row)
        folder = settings.landing / feed.name / f"dt={START}"
        folder.mkdir(parents=True)
        for name, is_foreign in ((TYPED, False), (FOREIGN, True)):
            mine = [
                (row, each)
                for row, each in zip(rows, breaks, strict=True)
                if each.is_foreign == is_foreign
            ]
            spoiled = [to_foreign(feed, row) if is_foreign else row for row, _ in mine]
            schema = foreign_schema(feed.name) if is_foreign else table.schema
            path = folder / f"{name}.{file_format}"
            write_table(to_table(spoiled, schema), path, file_format)
            expected += [
                (feed.name, path.name, number, each.rule, each.column)
                for number, (_, each) in enumerate(mine, start=1)
            ]
    ingest_range(settings, START, START, run_id="breaks")
    with open_warehouse(settings) as connection:
        found = connection.execute(
            "select feed, file_name, row_number, rule, column_name from quality.quarantine"
        ).fetchall()
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_every_row_rule_of_the_contract_has_its_break() -> None:
    rules = [rule.name for feed in load_feeds().values() for rule in feed.row_rules]
    assert sorted(ROW_RULE_BREAKS) == sorted(rules)


@pytest.mark.parametrize("feed", load_feeds().values(), ids=lambda feed: feed.name)
def test_every_rule_that_typed_values_can_break_is_broken(feed: Feed) -> None:
    broken = {_name(each) for each in list_breaks(feed.name)}
    unbroken = {_name(each) for each in row_problems(feed.name)} - broken
    words = {
        column.name
        for column in feed.columns
        if column.type == "user" or column.allowed or column.allowed_seed
    }
    assert unbroken == {
        ("malformed", None),
        ("type", IS_DELETED.name),
        *(("type", name) for name in words),
    }


def _name(each: Break | object) -> tuple[object, object]:
    return (getattr(each, "rule", None), getattr(each, "column", None))
