"""What Spark builds and scores is what DuckDB builds and scores."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.scoring.engines.comparison import TABLES, count_rows, find_differences, read_hashes
from tests.scoring.engines.worlds import Sides, engine_settings

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_every_mart_and_score_is_equal(sides: Sides) -> None:
    rows = count_rows(sides.duckdb)
    assert all(rows.values()), rows
    assert find_differences(sides.duckdb, sides.spark) == []


def test_content_hashes_are_equal(sides: Sides) -> None:
    hashes = read_hashes(sides.duckdb)
    assert {table for table, *_ in hashes} == set(TABLES)
    assert read_hashes(sides.spark) == hashes


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("marts.fct_user_spending_daily", "spend_amount_90d = spend_amount_90d + 0.01"),
        ("marts.fct_user_credit_history_daily", "reported_dpd_days = null"),
        ("marts.dim_user_night", "has_scoring_consent = not has_scoring_consent"),
        ("scores.scores", "score = score + 1"),
        ("scores.score_points", "bins = list_reverse(bins)"),
    ],
)
def test_one_altered_value_is_found(small: Sides, tmp_path: Path, table: str, change: str) -> None:
    column = change.split(" ", maxsplit=1)[0]
    shutil.copytree(small.spark.root, tmp_path / "home")
    altered = engine_settings(tmp_path / "home", "spark")
    with duckdb.connect(str(altered.warehouse_file)) as connection:
        connection.execute(
            f"update {table} set {change} where rowid ="
            f" (select min(rowid) from {table} where {column} is not null)"
        )
    (difference,) = set(find_differences(small.duckdb, altered)[:1])
    assert difference.startswith(f"{table}: only in one")


def test_a_missing_row_is_found(small: Sides, tmp_path: Path) -> None:
    shutil.copytree(small.spark.root, tmp_path / "home")
    altered = engine_settings(tmp_path / "home", "spark")
    with duckdb.connect(str(altered.warehouse_file)) as connection:
        connection.execute("delete from scores.score_reasons where rowid = 0")
    assert find_differences(small.duckdb, altered) != []
