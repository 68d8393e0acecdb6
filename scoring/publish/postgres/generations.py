"""Generations in PostgreSQL: loaded aside, shown by an update of one row, dropped when not kept."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

import duckdb
import psycopg

from scoring.clock import utc_now
from scoring.publish.columns import CONSENTED
from scoring.publish.databases import BASE
from scoring.publish.postgres.connection import Postgres, run
from scoring.publish.postgres.copying import copy_rows
from scoring.publish.postgres.names import (
    CURRENT,
    FILES,
    GENERATION_FILES,
    GENERATION_KEY,
    GENERATIONS,
    Names,
    generation_partition,
)
from scoring.publish.postgres.nights import written_ns
from scoring.publish.postgres.tables import NIGHT_TABLES, Columns
from scoring.publish.published import Publication
from scoring.settings import Settings
from scoring.warehouse.sql import quote_literal

log = logging.getLogger(__name__)

DROP_PATIENCE = "250ms"
"""How long dropping an old partition may keep readers waiting; one in use goes another night."""


def read_current(pg: Postgres, names: Names) -> tuple[int | None, int]:
    """The generation readers see, and the highest they ever saw (0 if none)."""
    row = run(pg, f"select generation, highest_generation from {names.table(CURRENT)}").fetchone()
    return (None, 0) if row is None else (int(row[0]), int(row[1]))


def is_loaded(pg: Postgres, names: Names, publication: Publication) -> bool:
    """Whether a generation is there with just this content."""
    row = run(
        pg,
        f"select content_hash from {names.table(GENERATIONS)} where generation = %s",
        [publication.generation],
    ).fetchone()
    return row is not None and row[0] == publication.content_hash


def load_generation(
    source: duckdb.DuckDBPyConnection,
    pg: Postgres,
    settings: Settings,
    names: Names,
    publication: Publication,
    columns: Mapping[str, Columns],
) -> None:
    """Load the tables of a generation whose nights are loaded, instead of what it had before.

    Args:
        source: A connection with the generation attached as ``base_generation``.
        pg: A connection outside a transaction.
        settings: The deployment.
        names: Where everything stands.
        publication: The generation.
        columns: Columns of its tables.
    """
    number = publication.generation
    with pg.transaction():
        _record(pg, settings, names, publication)
        for table, described in columns.items():
            target = names.table(generation_partition(table, number))
            is_new = _prepare_partition(pg, names, table, number)
            rows = _rows(settings, table, publication)
            relation = f"(select {number} as {GENERATION_KEY}, * from {rows})"
            typed = {GENERATION_KEY: "bigint", **described}
            copy_rows(source, pg, relation, target, typed, settings.temp)
            if is_new:
                run(
                    pg,
                    f"alter table {names.table(table)} attach partition {target} "
                    f"for values in ({number})",
                )
            run(pg, f"analyze {target}")


def switch(pg: Postgres, names: Names, publication: Publication) -> None:
    """Show a loaded generation: every statement that begins from now on sees it whole."""
    run(
        pg,
        f"""
        insert into {names.table(CURRENT)} as shown
            (generation, is_consent_asked, highest_generation, switched_at)
        values (%s, %s, %s, %s)
        on conflict (is_only) do update set
            generation = excluded.generation,
            is_consent_asked = excluded.is_consent_asked,
            highest_generation = greatest(shown.highest_generation, excluded.generation),
            switched_at = excluded.switched_at
        """,
        [
            publication.generation,
            bool(publication.manifest.of(CONSENTED)),
            publication.generation,
            utc_now(),
        ],
    )


def forget(pg: Postgres, names: Names, kept: Collection[int], files: Collection[str]) -> None:
    """Drop every generation but the current one and ``kept``, and rows of files not in ``files``.

    Files that a remaining generation names stay. What readers are using stays until another night.
    """
    with pg.transaction():
        run(
            pg,
            f"""
            delete from {names.table(GENERATIONS)}
            where not generation = any(%s)
                and generation not in (select generation from {names.table(CURRENT)})
            """,
            [list(kept)],
        )
    for partition in _orphans(pg, names):
        try:
            with pg.transaction():
                run(pg, f"set local lock_timeout = '{DROP_PATIENCE}'")
                run(pg, f"drop table {names.table(partition)}")
        except psycopg.errors.LockNotAvailable:
            log.warning("PostgreSQL: %s is in use and will be dropped another night", partition)
    _forget_files(pg, names, files)


def _record(pg: Postgres, settings: Settings, names: Names, publication: Publication) -> None:
    number = publication.generation
    run(
        pg,
        f"""
        insert into {names.table(GENERATIONS)} values (%s, %s, %s, %s)
        on conflict (generation) do update set
            content_hash = excluded.content_hash,
            is_consent_asked = excluded.is_consent_asked,
            loaded_at = excluded.loaded_at
        """,
        [
            number,
            publication.content_hash,
            bool(publication.manifest.of(CONSENTED)),
            utc_now(),
        ],
    )
    run(pg, f"delete from {names.table(GENERATION_FILES)} where generation = %s", [number])
    files = publication.manifest.files
    run(
        pg,
        f"""
        insert into {names.table(GENERATION_FILES)}
        select %s, stored.file_id, named.as_of_date, named.known_on, named.place - 1,
            named.is_current
        from unnest(%s::text[], %s::bigint[], %s::date[], %s::date[], %s::boolean[])
            with ordinality as named (file, written_ns, as_of_date, known_on, is_current, place)
        inner join {names.table(FILES)} as stored
            on stored.file = named.file and stored.written_ns = named.written_ns
        """,
        [
            number,
            [file.file for file in files],
            [written_ns(settings, file) for file in files],
            [file.as_of_date for file in files],
            [file.known_on for file in files],
            [file.is_current for file in files],
        ],
    )


def _prepare_partition(pg: Postgres, names: Names, table: str, generation: int) -> bool:
    """An empty table for a generation; a new one is attached only when it is filled."""
    target = names.table(generation_partition(table, generation))
    found = run(pg, "select pg_catalog.to_regclass(%s)", [target]).fetchone()
    if found is not None and found[0] is not None:
        run(pg, f"delete from {target}")
        return False
    run(pg, f"create table {target} (like {names.table(table)})")
    return True


def _rows(settings: Settings, table: str, publication: Publication) -> str:
    if table != CONSENTED:
        return f"{BASE}.{table}"
    shown = publication.manifest.of(CONSENTED)
    if not shown:
        return "(select null::bigint as user_key where false)"
    return f"read_parquet({quote_literal(str(settings.published / shown[0].file))})"


def _orphans(pg: Postgres, names: Names) -> list[str]:
    """Partitions of generations that are no longer recorded."""
    rows = run(
        pg,
        f"""
        select relname
        from pg_catalog.pg_class
        inner join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
        where nspname = %s and relkind = 'r' and relname ~ '_g[0-9]{{6,}}$'
            and substring(relname::text from '_g([0-9]+)$')::bigint not in (
                select generation from {names.table(GENERATIONS)}
            )
        order by relname
        """,
        [names.store],
    ).fetchall()
    return [str(name) for (name,) in rows]


def _forget_files(pg: Postgres, names: Names, files: Collection[str]) -> None:
    unnamed = run(
        pg,
        f"""
        select file_id, table_name, as_of_date
        from {names.table(FILES)} as stored
        where not file = any(%s) and not exists (
            select 1 from {names.table(GENERATION_FILES)} as named
            where named.file_id = stored.file_id
        )
        """,
        [list(files)],
    ).fetchall()
    for file_id, table, day in unnamed:
        with pg.transaction():
            if table in NIGHT_TABLES:
                run(
                    pg,
                    f"delete from {names.table(table)} where file_id = %s and as_of_date = %s",
                    [file_id, day],
                )
            run(pg, f"delete from {names.table(FILES)} where file_id = %s", [file_id])
