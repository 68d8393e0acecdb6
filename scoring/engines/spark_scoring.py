"""Scoring a night on Spark: ``score_batch`` itself, run by ``mapInArrow`` on every partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa

from scoring.engines.spark_tables import night_folder, path_on_spark, write_night
from scoring.nights import Night
from scoring.score.compiled import CompiledCard
from scoring.score.marts import USER_COLUMNS, USERS_TABLE, CatalogEntry, features_by_mart
from scoring.score.scorer import score_batch
from scoring.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SCORE_TABLE = "scores"
SHADOW_TABLE = "shadow_scores"
"""Folder of one table per challenger."""
EVIDENCE = ("months_on_book", "evidence_days")
"""Columns that scoring hands through."""


def score_on_spark(
    session: SparkSession,
    settings: Settings,
    night: Night,
    compiled: CompiledCard,
    catalog: Mapping[str, CatalogEntry],
    table: str = SCORE_TABLE,
) -> None:
    """Score the night's mart files and write the result as files of ``table``."""
    users = _read(session, settings, USERS_TABLE, night).select(*USER_COLUMNS)
    marts = [
        _read(session, settings, mart, night).select("user_key", *features)
        for mart, features in features_by_mart(compiled, catalog).items()
    ]
    rows = reduce(lambda left, right: left.join(right, "user_key"), marts, users)
    write_night(score_rows(rows, compiled), settings, table, night)


def score_rows(rows: DataFrame, compiled: CompiledCard) -> DataFrame:
    """What ``score_batch`` makes of rows, with their evidence carried over; lazy.

    Args:
        rows: What ``score_batch`` takes, with ``months_on_book`` and ``evidence_days``.
        compiled: The card.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema  # noqa: PLC0415

    score = _scorer(compiled)
    nothing = pa.RecordBatch.from_pylist([], schema=to_arrow_schema(rows.schema))
    (empty,) = score([nothing])
    return rows.mapInArrow(score, from_arrow_schema(empty.schema))


def _read(session: SparkSession, settings: Settings, mart: str, night: Night) -> DataFrame:
    return session.read.parquet(path_on_spark(night_folder(settings, f"marts/{mart}", night)))


def _scorer(
    compiled: CompiledCard,
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            scored = score_batch(compiled, batch)
            for name in EVIDENCE:
                scored = scored.append_column(name, batch.column(name))
            yield scored.cast(_plain_schema(scored.schema))

    return score


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema without dictionaries, which Spark does not take."""
    return pa.schema([field.with_type(_plain_type(field.type)) for field in schema])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return kind
