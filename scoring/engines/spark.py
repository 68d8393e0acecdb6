"""The engine for more than one machine: the same dbt models and the same scorer, on Spark.

Spark reads the raw Parquet and leaves Parquet by night under ``warehouse/spark``; the warehouse
takes the nights' rows over, so that gates and publishing do not know which engine made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow.dataset as ds
from duckdb import DuckDBPyConnection

from scoring.engines.spark_scoring import EVIDENCE, SCORE_TABLE, SHADOW_TABLE, score_on_spark
from scoring.engines.spark_session import check_requirements, open_spark
from scoring.engines.spark_tables import (
    check_contract,
    create_inputs,
    load_mart,
    night_folder,
    recreate_schemas,
    write_night,
)
from scoring.marts.dbt_runner import NIGHTLY, NodeRun, run_dbt
from scoring.marts.records import MARTS
from scoring.nights import Night
from scoring.score.compiled import CompiledCard
from scoring.score.marts import (
    BATCH_ROWS,
    CatalogEntry,
    check_night,
)
from scoring.score.parts import ScoredPart, failed_part
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


def prepare_build(
    connection: DuckDBPyConnection,  # noqa: ARG001 - the build hands over what it reads itself
    settings: Settings,  # noqa: ARG001
) -> None:
    """See ``scoring.engines.engine.Engine``."""
    check_requirements()


def build_marts(settings: Settings, nights: Sequence[Night], subject: str) -> list[NodeRun]:
    """See ``scoring.engines.engine.Engine``.

    Seeds are loaded into the warehouse too, where other steps read them.
    """
    with open_spark(settings) as session:
        recreate_schemas(session, settings)
        with open_warehouse(settings) as connection:
            create_inputs(session, connection, settings)
        nodes = run_dbt(settings, "build", *NIGHTLY, subject=subject, target="spark")
        for mart in MARTS:
            rows = check_contract(session.table(f"marts.{mart}"), mart)
            for night in nights:
                of_night = rows.where(
                    f"as_of_date = date '{night.as_of_date}' and known_on = date '{night.known_on}'"
                )
                write_night(of_night, settings, f"marts/{mart}", night)
    run_dbt(settings, "seed", subject=subject)
    with open_warehouse(settings) as connection:
        for mart in MARTS:
            load_mart(connection, settings, mart, nights)
    return nodes


def score_cards(
    settings: Settings,
    connection: DuckDBPyConnection,
    night: Night,
    compiled: CompiledCard,
    challengers: Sequence[CompiledCard],
    catalog: Mapping[str, CatalogEntry],
) -> Iterator[ScoredPart]:
    """See ``scoring.engines.engine.Engine``; what Spark scored stays in its Parquet, too."""
    check_night(connection, night, compiled, catalog)
    scored_by: list[tuple[CompiledCard, str]] = [(compiled, SCORE_TABLE)]
    with open_spark(settings) as session:
        score_on_spark(session, settings, night, compiled, catalog)
        for challenger in challengers:
            table = f"{SHADOW_TABLE}/{challenger.card.card_id}"
            try:
                score_on_spark(session, settings, night, challenger, catalog, table)
            except Exception as error:  # noqa: BLE001 - the champion's night goes on
                yield failed_part(challenger, error)
            else:
                scored_by.append((challenger, table))
    for card, table in scored_by:
        files = ds.dataset(night_folder(settings, table, night), format="parquet")
        for scored in files.to_batches(batch_size=BATCH_ROWS):
            if scored.num_rows:
                evidence = scored.select(EVIDENCE)
                yield ScoredPart(card, evidence, scored.drop_columns(list(EVIDENCE)))
