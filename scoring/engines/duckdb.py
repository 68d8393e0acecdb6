"""The default engine: everything happens inside the warehouse's own file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from duckdb import DuckDBPyConnection

from scoring.marts.dbt_runner import NIGHTLY, NodeRun, run_dbt
from scoring.marts.staging import prepare_staging
from scoring.nights import Night
from scoring.score.compiled import CompiledCard
from scoring.score.marts import CatalogEntry, stream_night
from scoring.score.parts import ScoredPart, failed_part
from scoring.score.scorer import score_batch
from scoring.settings import Settings


def prepare_build(connection: DuckDBPyConnection, settings: Settings) -> None:
    """See ``scoring.engines.engine.Engine``."""
    prepare_staging(connection, settings)


def build_marts(
    settings: Settings,
    nights: Sequence[Night],  # noqa: ARG001 - ops.run_dates says the same
    subject: str,
) -> list[NodeRun]:
    """See ``scoring.engines.engine.Engine``."""
    return run_dbt(settings, "build", *NIGHTLY, subject=subject)


def score_cards(
    settings: Settings,  # noqa: ARG001 - the connection is all it needs
    connection: DuckDBPyConnection,
    night: Night,
    compiled: CompiledCard,
    challengers: Sequence[CompiledCard],
    catalog: Mapping[str, CatalogEntry],
) -> Iterator[ScoredPart]:
    """See ``scoring.engines.engine.Engine``; the marts are read once for all cards."""
    running = list(challengers)
    for batch in stream_night(connection, night, compiled, catalog, challengers):
        yield ScoredPart(compiled, batch, score_batch(compiled, batch))
        for challenger in tuple(running):
            try:
                scored = score_batch(challenger, batch)
            except Exception as error:  # noqa: BLE001 - the champion's night goes on
                running.remove(challenger)
                yield failed_part(challenger, error)
            else:
                yield ScoredPart(challenger, batch, scored)
