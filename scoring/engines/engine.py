"""What an engine does for a night, and the choice of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

import duckdb

from scoring.marts.dbt_runner import NodeRun
from scoring.nights import Night
from scoring.score.compiled import CompiledCard
from scoring.score.marts import CatalogEntry
from scoring.score.parts import ScoredPart
from scoring.settings import Settings


class Engine(Protocol):
    """A module of this package; ``duckdb`` and ``spark`` give the same rows."""

    def prepare_build(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        """Write what the engine's build reads besides ``ops.run_dates``, or refuse it early.

        Args:
            connection: The warehouse, open once for all that is written before a build: every
                opening and closing leaves the file a little larger.
            settings: The deployment.
        """

    def build_marts(
        self, settings: Settings, nights: Sequence[Night], subject: str
    ) -> list[NodeRun]:
        """Run the dbt project for ``ops.run_dates``; the nights' rows end up in ``marts``.

        Args:
            settings: The deployment, whose writer lock the caller holds.
            nights: The nights of ``ops.run_dates``.
            subject: What it is run for, for messages.

        Returns:
            One entry per dbt node that ran.
        """

    def score_cards(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        night: Night,
        compiled: CompiledCard,
        challengers: Sequence[CompiledCard],
        catalog: Mapping[str, CatalogEntry],
    ) -> Iterator[ScoredPart]:
        """Score every user of a night by its card, and in the shadow by each challenger.

        Args:
            settings: The deployment.
            connection: A connection of its own to the warehouse, while it is read.
            night: The night to score.
            compiled: The card whose trouble is the night's.
            challengers: Cards that passed ``check_night``; what one of them raises becomes its
                ``failure``, and it is asked no more.
            catalog: Where each feature lives.

        Yields:
            Parts of the night, each scored by one card.
        """


def engine_of(settings: Settings) -> Engine:
    """The engine that ``CREDITLOOP_ENGINE`` names; imported only now, for one is heavy."""
    return cast("Engine", import_module(f"scoring.engines.{settings.engine}"))
