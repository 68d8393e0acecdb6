"""The tables of a build that lie in memory: counted when made, dropped when nothing reads them.

So memory holds what is still needed, not the whole build.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import duckdb

from scoring.warehouse.sql import quote_identifier

WORKING = "working"
"""Database in memory, attached by ``profiles.yml``, of a build's intermediate tables."""

SUITE = "suite"
"""Tag of the tests that a night leaves out; they do not hold a table."""


class WorkingTables:
    """Follows a build node by node.

    Attributes:
        row_counts: Working table -> its rows.
    """

    def __init__(
        self, nodes: Mapping[str, Any], open_cursor: Callable[[], duckdb.DuckDBPyConnection]
    ) -> None:
        """Note who reads what.

        Args:
            nodes: The nodes of dbt's manifest by id, all models among them built.
            open_cursor: Gives a connection to the build's databases while it runs.
        """
        self.row_counts: dict[str, int] = {}
        self._nodes = nodes
        self._open_cursor = open_cursor
        self._lock = Lock()
        self._readers: dict[str, set[str]] = {}
        for node_id, node in nodes.items():
            kind = str(node.resource_type)
            is_reader = kind == "model" and not _is_view(node)
            if is_reader or (kind == "test" and SUITE not in node.tags):
                for table in _tables_read(nodes, node):
                    self._readers.setdefault(table, set()).add(node_id)

    def finish(self, node_id: str, *, is_made: bool) -> None:
        """Take in that a node has ended: count what it made, drop what only it still read.

        Where nothing is a working table (on Spark), no connection is opened.

        Args:
            node_id: The node.
            is_made: It succeeded; a model that failed or was skipped has no table to count.
        """
        node = self._nodes.get(node_id)
        if node is None:
            return
        with self._lock:  # nodes of several threads may end together
            ended = [table for table, readers in self._readers.items() if readers == {node_id}]
            for readers in self._readers.values():
                readers.discard(node_id)
        unread = [self._nodes[table] for table in ended if _is_working_table(self._nodes[table])]
        is_table = is_made and str(node.resource_type) == "model" and _is_working_table(node)
        if not unread and not is_table:
            return
        with self._open_cursor() as connection:
            if is_table:
                self.row_counts[node.name] = _count(connection, node)
            for table in unread:
                connection.execute(f"drop table if exists {_name(table)}")


def _is_view(node: Any) -> bool:
    return str(node.config.materialized) == "view"


def _is_working_table(node: Any) -> bool:
    return str(node.database) == WORKING and not _is_view(node)


def _tables_read(nodes: Mapping[str, Any], node: Any) -> set[str]:
    """Ids of the models a node reads that are tables, some of them through views."""
    found: set[str] = set()
    for parent_id in node.depends_on.nodes:
        parent = nodes.get(parent_id)
        if parent is None:
            continue
        if str(parent.resource_type) == "model" and _is_view(parent):
            found |= _tables_read(nodes, parent)
        else:
            found.add(parent_id)
    return found


def _name(node: Any) -> str:
    return ".".join(map(quote_identifier, (node.database, node.schema, node.name)))


def _count(connection: duckdb.DuckDBPyConnection, node: Any) -> int:
    ((count,),) = connection.execute(f"select count(*) from {_name(node)}").fetchall()
    return int(count)
