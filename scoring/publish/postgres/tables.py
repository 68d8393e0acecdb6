"""Which tables the sink keeps, with their columns and keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from scoring.publish.columns import (
    CHANGES,
    CONSENTED,
    CONTENT,
    ORIGIN_COLUMNS,
    POINTS,
    REASONS,
    SCORES,
)
from scoring.publish.databases import BASE
from scoring.publish.generation import REFERENCE_TABLES, USER_TABLES
from scoring.publish.postgres.types import postgres_type

Columns = Mapping[str, str]

NIGHT_TABLES: Mapping[str, Columns] = MappingProxyType(
    {
        table: MappingProxyType(
            {
                name: postgres_type(kind)
                for name, kind in (
                    *CONTENT[table].items(),
                    *(ORIGIN_COLUMNS.items() if table == SCORES else ()),
                )
            }
        )
        for table in (SCORES, POINTS, REASONS, CHANGES)
    }
)
"""Rows of nights, shared by all generations that name their file; partitioned by month."""

NIGHT_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        REASONS: ("user_key", "reason_rank"),
        **dict.fromkeys((SCORES, POINTS, CHANGES), ("user_key",)),
    }
)

GENERATION_TABLES = (*USER_TABLES, *REFERENCE_TABLES, "publication")
"""Tables of a generation's file, kept whole per generation; partitioned by generation."""

GENERATION_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    dict.fromkeys((*USER_TABLES, CONSENTED), ("user_key",))
)


def generation_columns(source: duckdb.DuckDBPyConnection) -> Mapping[str, Columns]:
    """Columns of every table that is kept per generation, as the attached generation has them.

    Args:
        source: A connection with the generation attached as ``base_generation``.
    """
    tables: dict[str, Columns] = {CONSENTED: {"user_key": "bigint"}}
    for table in GENERATION_TABLES:
        described = source.execute(f"describe {BASE}.{table}").fetchall()
        tables[table] = {str(name): postgres_type(str(kind)) for name, kind, *_ in described}
    return tables
