"""A card's SQL on Spark gives what the scorer gives, at the worst values of every type."""

from __future__ import annotations

from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.cards.card import Card
from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.marts.dbt_runner import dbt_folder, run_dbt
from scoring.score.sql_card import card_query
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import make_card
from tests.scoring.engines.worlds import engine_settings
from tests.scoring.score.sql_tables import rows_of_scorer

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

EXPERT = load_card(CARDS_FOLDER / "expert_v1.json", read_catalog_seed())
FLOATS = [
    *(float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 5e-324, -0.0),
    *(5e-7, 1.5e-6, -5e-7, 2.5e-6, 0.1 + 0.2 + 0.2, 0.49999949, 0.4999995, 0.9999995),
    *(999999999999.0, 999999999998.99, -999999999998.99, 999999999999.5, None),
]
WHOLES = [0, 1, 2, 3, -1, 10**12 - 1, 10**12, -(10**12), 2**63 - 1, -(2**63), None]
DECIMALS = ["0", "0.5", "0.49", "1", "99.99", "100", "999.99", "1000", "-0.01", None]
WIDE = [*DECIMALS, "999999999999.99", "1000000000000", "-1000000000000", f"{10**35}"]
COLUMNS = {
    "float": (FLOATS, pa.float32()),
    "double": (FLOATS, pa.float64()),
    "bigint": (WHOLES, pa.int64()),
    "tinyint": ([-128, 0, 1, 2, 127, None], pa.int8()),
    "money": (DECIMALS, pa.decimal128(18, 2)),
    "wide": (WIDE, pa.decimal128(38, 2)),
    "ratio": (["0", "0.499999", "0.5", "1.000001", "-0.000001", None], pa.decimal128(18, 6)),
    "nothing": ([None], pa.float64()),
}
ROWS = 60


def make_batch(card: Card, first_kind: int) -> pa.RecordBatch:
    """Feature by feature another type, starting from the given one."""
    kinds = islice(cycle(COLUMNS.values()), first_kind, None)
    columns = {
        "user_key": pa.array(range(ROWS), pa.int64()),
        "has_scoring_consent": fill([True] * 8 + [False, None], pa.bool_()),
        "evidence_days": fill([400] * 6 + [10, 9, 3, 2, None], pa.int64()),
    }
    for feature, (values, kind) in zip(card.features, kinds, strict=False):
        columns[feature.feature_name] = fill(values, kind)
    return pa.RecordBatch.from_pydict(columns)


def fill(values: list[Any], kind: pa.DataType) -> pa.Array:
    numbers = [Decimal(value) if isinstance(value, str) else value for value in values]
    return (
        pa.array(list(islice(cycle(numbers), ROWS)), pa.float64()).cast(kind, False)
        if (kind == pa.float32())
        else pa.array(list(islice(cycle(numbers), ROWS)), kind)
    )


def run_on_spark(
    spark: SparkSession, query: str, batch: pa.RecordBatch, folder: Path
) -> list[dict[str, Any]]:
    file = folder / "features.parquet"
    pq.write_table(pa.Table.from_batches([batch]), file)
    spark.read.parquet(f"file:{file}").createOrReplaceTempView("features")
    return [row.asDict() for row in spark.sql(f"{query} order by user_key").collect()]


@pytest.mark.parametrize("first_kind", range(0, len(COLUMNS), 2))
def test_query_gives_what_the_scorer_gives(
    spark: SparkSession, tmp_path: Path, first_kind: int
) -> None:
    card = make_card()
    batch = make_batch(card, first_kind)
    found = run_on_spark(spark, card_query(card, "spark"), batch, tmp_path)
    assert found == rows_of_scorer(card, batch)


def test_expert_card_gives_what_the_scorer_gives(spark: SparkSession, tmp_path: Path) -> None:
    batch = make_batch(EXPERT, 0)
    found = run_on_spark(spark, card_query(EXPERT, "spark"), batch, tmp_path)
    assert found == rows_of_scorer(EXPERT, batch)


def test_macro_gives_what_the_scorer_gives(spark: SparkSession, tmp_path: Path) -> None:
    settings = engine_settings(tmp_path / "home", "duckdb")
    with open_warehouse(settings):
        pass
    text = "select * from {{ card_points('expert_v1', 'features', ['user_key']) }} as scored"
    inline = ("--inline", text, "--no-introspect")
    run_dbt(settings, "compile", *inline, subject="a query", target="spark")
    (compiled,) = (dbt_folder(settings, "spark") / "compiled" / "creditloop").rglob("inline_query*")
    batch = exact_only(make_batch(EXPERT, 2))
    query = compiled.read_text(encoding="utf-8")
    assert run_on_spark(spark, query, batch, tmp_path) == rows_of_scorer(EXPERT, batch)


def exact_only(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The marts have no floating columns, and the macro refuses them."""
    columns = {
        name: fill(WHOLES, pa.int64()) if pa.types.is_floating(array.type) else array
        for name, array in zip(batch.schema.names, batch.columns, strict=True)
    }
    return pa.RecordBatch.from_pydict(columns)


def test_column_of_another_type_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    card = make_card()
    batch = make_batch(card, 0)
    batch = batch.set_column(4, "payment_ratio_180d", pa.array(["0.5"] * ROWS))
    with pytest.raises(Exception, match="feature column refused for payment_ratio_180d"):
        run_on_spark(spark, card_query(card, "spark"), batch, tmp_path)
