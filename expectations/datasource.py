"""The way in: Great Expectations over one DuckDB connection that stays open.

Great Expectations opens a connection for each query and closes it before the cursor is read, which
DuckDB answers with an error for every expectation. The two subclasses keep one connection; nothing
is loaded into pandas.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import sqlalchemy
from sqlalchemy.pool import StaticPool

from expectations.gx import duckdb_engine, great_expectations, quiet

with quiet():
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine


class _PlainCursor(duckdb_engine.CursorWrapper):  # type: ignore[misc]
    """Cursor that names column types by text; SQLAlchemy would keep DuckDB's objects for ever."""

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        columns = self.__getattr__("description")
        return columns and [(column[0], str(column[1]), *column[2:]) for column in columns]


class _BorrowedConnection(duckdb_engine.ConnectionWrapper):  # type: ignore[misc]
    """The caller's connection; closing the pool must not close it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._borrowed = connection

    def cursor(self) -> _PlainCursor:
        return _PlainCursor(self._borrowed, self)

    def close(self) -> None:
        self.closed = True


class OneConnectionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """Execution engine whose connection outlives its cursors."""

    _connection: sqlalchemy.Connection | None

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        """The one connection; rolled back after an error, so that the next query can run."""
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            yield self._connection
        except Exception:
            self._connection.rollback()
            raise

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


class WarehouseDatasource(SQLDatasource):  # type: ignore[misc]
    """SQL datasource over an engine made elsewhere."""

    type: Literal["creditloop_warehouse"] = "creditloop_warehouse"

    @property
    def execution_engine_type(self) -> builtins.type[OneConnectionEngine]:
        """The engine class above."""
        return OneConnectionEngine

    def use_engine(self, engine: sqlalchemy.Engine) -> None:
        """Run everything through ``engine``."""
        self._engine = engine
        self._execution_engine = OneConnectionEngine(engine=engine)

    def get_engine(self) -> sqlalchemy.Engine:
        """The engine given to ``use_engine``."""
        return self._engine

    def get_execution_engine(self) -> OneConnectionEngine:
        """The execution engine over it."""
        return self._execution_engine

    def _save_context_project_config(self) -> None:
        """Not at all: the context is thrown away, and serialising it takes longer than checking."""

    def test_connection(self, test_assets: bool = True) -> None:
        """The connection is open already."""


@contextmanager
def open_datasource(connection: duckdb.DuckDBPyConnection) -> Iterator[WarehouseDatasource]:
    """Lend an open DuckDB connection to a throw-away Great Expectations context.

    Afterwards the connection is still open and outside any transaction; no file was written, no
    progress bar shown and nothing sent anywhere.
    """
    engine = sqlalchemy.create_engine(
        "duckdb://", creator=lambda: _BorrowedConnection(connection), poolclass=StaticPool
    )
    with quiet():
        nothing_kept = DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(), analytics_enabled=False
        )
        context: Any = great_expectations.get_context(mode="ephemeral", project_config=nothing_kept)
        context.variables.progress_bars = {"globally": False}
        datasource = WarehouseDatasource(name="warehouse", connection_string="duckdb://")
        datasource.use_engine(engine)
        datasource = context._add_fluent_datasource(datasource=datasource)
        datasource.use_engine(engine)
        try:
            yield datasource
        finally:
            datasource.get_execution_engine().close()
            engine.dispose()
