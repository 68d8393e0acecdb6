"""The engine macros give the same values, at the edges of their arguments too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from scoring.marts.dbt_runner import dbt_folder, run_dbt
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.engines.worlds import engine_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

EXPRESSIONS = [
    "{{ exact_division('numerator', 'denominator', 2) }}",
    "{{ exact_division('numerator', 'denominator', 6) }}",
    "{{ exact_division('whole', 'denominator', 6) }}",
    "{{ ratio('numerator', 'denominator - 1') }}",
    "{{ ratio('-numerator', 'whole') }}",
    "{{ whole_quotient('whole', 60) }}",
    "{{ day_bit('whole % 63') }}",
    "bit_count({{ day_bit('whole % 63') }})",
    "{{ add_days('day', 'whole % 400 - 200') }}",
    "{{ add_days('day', -90) }}",
    "{{ add_months('day', -24) }}",
    "{{ add_months('day', 1) }}",
    "{{ days_between('day', \"date '0001-01-01'\") }}",
    "{{ whole_months_between('day', \"date '2020-02-29'\") }}",
    "{{ business_date('moment') }}",
    "{{ business_hour('moment') }}",
    "{{ squared(cents('numerator')) }}",
    "{{ shift_right('whole', 3) }}",
    "{{ highest_bit('(whole + 1)') }}",
    "{{ exact_division_of_sums('numerator * 10000000', 'denominator', 2) }}",
    "{{ exact_division_of_sums('numerator', 'denominator * 10000000', 6) }}",
    "{{ whole_ratio('whole', 'whole + 7') }}",
    "{{ amount_days('numerator', 'whole') }}",
    (
        "{{ last_known('case when whole % 2 = 0 then whole end') }} over"
        " (partition by numerator, denominator, day, moment order by whole)"
    ),
    "{{ line_key('whole', 'null', \"'huabei'\") }} is null",
    "{{ record_key('cast(null as string)') }} is null",
    "{{ key_hash(['day', 'whole', 'empty']) }} is null",
]
SAMPLES = """
    select
        numerators.value::decimal(18, 2) as numerator,
        denominators.value::decimal(18, 2) as denominator,
        wholes.value::bigint as whole,
        days.value::date as day,
        days.value::timestamp + times.value as moment,
        null::bigint as empty
    from (values (0), (0.01), (0.05), (1), (99.99), (33.33), (9999999.99)) as numerators(value)
    cross join (values (0.03), (1), (0.07), (8), (64), (99999999.99)) as denominators(value)
    cross join (values (0), (1), (59), (62), (63), (739000)) as wholes(value)
    cross join (values ('2024-02-29'), ('2023-12-31'), ('2025-03-30')) as days(value)
    cross join (values
        (interval 0 second), (interval '15:59:59.999999'), (interval 16 hour)
    ) as times(value)
"""


def test_macros_give_the_same_values(spark: SparkSession, tmp_path: Path) -> None:
    settings = engine_settings(tmp_path / "home", "duckdb")
    samples = tmp_path / "samples.parquet"
    with open_warehouse(settings) as connection:
        connection.execute("insert into ops.run_parameters values ('Asia/Shanghai', 0.1, 0)")
        connection.execute(f"create table staging.samples as {SAMPLES}")
        connection.execute(f"copy staging.samples to '{samples}'")
    spark.sql("select 'Asia/Shanghai' as business_timezone").createOrReplaceGlobalTempView(
        "run_parameters"
    )
    spark.read.parquet(f"file:{samples}").createOrReplaceTempView("samples")
    wanted = sorted(_on_duckdb(settings), key=str)
    got = sorted((tuple(row) for row in spark.sql(_query(settings, "spark")).collect()), key=str)
    assert len(set(wanted)) > 1000
    for number, expression in enumerate(EXPRESSIONS):
        pairs = [(left[number], right[number]) for left, right in zip(wanted, got, strict=True)]
        assert [pair for pair in pairs if pair[0] != pair[1]] == [], expression


def _on_duckdb(settings: Settings) -> Sequence[tuple[object, ...]]:
    query = _query(settings, "duckdb")
    with duckdb.connect(str(settings.warehouse_file)) as connection:
        connection.execute("use creditloop.staging")
        return connection.execute(query).fetchall()


def _query(settings: Settings, target: str) -> str:
    columns = ", ".join(f"{text} as c{number}" for number, text in enumerate(EXPRESSIONS))
    inline = ("--inline", f"select {columns} from samples", "--no-introspect")
    run_dbt(settings, "compile", *inline, subject="samples", target=target)
    folder = dbt_folder(settings, target) / "compiled" / "creditloop"
    (compiled,) = folder.rglob("inline_query*")
    return compiled.read_text(encoding="utf-8")
