"""Schemas, tables, views and grants of the sink: made when absent, widened when columns come."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from scoring.errors import ConfigurationError, PermanentError
from scoring.landing.identity import key_fingerprint
from scoring.publish.postgres.connection import ROLES_PAGE, Postgres, run
from scoring.publish.postgres.names import (
    CURRENT,
    DEPLOYMENT,
    FILES,
    GENERATION_FILES,
    GENERATION_KEY,
    GENERATIONS,
    Names,
)
from scoring.publish.postgres.tables import (
    GENERATION_KEYS,
    NIGHT_KEYS,
    NIGHT_TABLES,
    Columns,
)
from scoring.publish.postgres.views import reader_views
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier

LAYOUT_VERSION = 1
LOCK_PATIENCE = "2s"
"""How long a change of columns may keep readers waiting; after a version with new ones only."""


def ensure_store(pg: Postgres, settings: Settings, names: Names) -> None:
    """Create what is absent of the schemas and of the tables that every version has.

    Raises:
        ConfigurationError: The role may not create the schemas, or another deployment uses them.
    """
    for schema in (names.store, names.views):
        found = run(pg, "select 1 from pg_catalog.pg_namespace where nspname = %s", [schema])
        if found.fetchone() is None:
            run(pg, f"create schema {quote_identifier(schema)}")
    with pg.transaction():
        for statement in _book_tables(names):
            run(pg, statement)
        _require_own_deployment(pg, settings, names)


def ensure_layout(pg: Postgres, names: Names, columns: Mapping[str, Columns]) -> None:
    """Bring tables, views and grants to what this version publishes; most nights nothing is done.

    Args:
        pg: A connection outside a transaction, after ``ensure_store``.
        names: Where everything stands.
        columns: Columns of the tables that are kept per generation.

    Raises:
        PermanentError: A column has another type than before.
        ConfigurationError: There is no role of readers.
        TransientError: Readers held a table for longer than a change of columns waits.
    """
    described = (LAYOUT_VERSION, names, sorted((t, dict(c)) for t, c in columns.items()))
    text = hashlib.sha256(repr((described, dict(NIGHT_TABLES))).encode()).hexdigest()
    row = run(pg, f"select layout from {names.table(DEPLOYMENT)}").fetchone()
    if row is not None and row[0] == text:
        return
    _require_reader(pg, names)
    with pg.transaction():
        run(pg, f"set local lock_timeout = '{LOCK_PATIENCE}'")
        for table, wanted in NIGHT_TABLES.items():
            _ensure_table(pg, names, table, wanted)
        for table, wanted in columns.items():
            _ensure_table(pg, names, table, wanted)
        ordered = {table: _read_columns(pg, names, table) for table in columns}
        for name, query in reader_views(names, ordered).items():
            run(
                pg,
                f"create or replace view {names.view(name)} with (security_barrier) as {query}",
            )
        reader = quote_identifier(names.reader)
        run(pg, f"grant usage on schema {quote_identifier(names.views)} to {reader}")
        run(pg, f"grant select on all tables in schema {quote_identifier(names.views)} to {reader}")
        run(pg, f"update {names.table(DEPLOYMENT)} set layout = %s", [text])


def has_store(pg: Postgres, names: Names) -> bool:
    """Whether anything was ever published here."""
    row = run(pg, "select pg_catalog.to_regclass(%s)", [names.table(CURRENT)]).fetchone()
    return row is not None and row[0] is not None


def _book_tables(names: Names) -> list[str]:
    """Tables that say what is there; they hold no rows of users."""
    return [
        f"""
        create table if not exists {names.table(DEPLOYMENT)} (
            is_only boolean primary key default true check (is_only),
            key_fingerprint text,
            layout text not null
        )
        """,
        f"""
        create table if not exists {names.table(GENERATIONS)} (
            generation bigint primary key,
            content_hash text not null,
            is_consent_asked boolean not null,
            loaded_at timestamp not null
        )
        """,
        f"""
        create table if not exists {names.table(FILES)} (
            file_id bigint generated always as identity primary key,
            table_name text not null,
            as_of_date date not null,
            known_on date not null,
            file text not null,
            written_ns bigint not null,
            content_hash text not null,
            row_count bigint not null,
            unique (file, written_ns)
        )
        """,
        f"""
        create table if not exists {names.table(GENERATION_FILES)} (
            generation bigint not null references {names.table(GENERATIONS)} on delete cascade,
            file_id bigint not null references {names.table(FILES)},
            as_of_date date not null,
            known_on date not null,
            publication_order bigint not null,
            is_current boolean not null,
            primary key (generation, file_id)
        )
        """,
        f"""
        create table if not exists {names.table(CURRENT)} (
            is_only boolean primary key default true check (is_only),
            generation bigint not null references {names.table(GENERATIONS)},
            is_consent_asked boolean not null,
            highest_generation bigint not null,
            switched_at timestamp not null
        )
        """,
    ]


def _require_own_deployment(pg: Postgres, settings: Settings, names: Names) -> None:
    """Keep two deployments apart: their user keys mean different people."""
    secret = settings.identity_key
    own = key_fingerprint(secret.get_secret_value().encode()) if secret else None
    run(
        pg,
        f"insert into {names.table(DEPLOYMENT)} (key_fingerprint, layout) values (%s, '') "
        "on conflict (is_only) do update set "
        "key_fingerprint = coalesce(deployment.key_fingerprint, excluded.key_fingerprint)",
        [own],
    )
    row = run(pg, f"select key_fingerprint from {names.table(DEPLOYMENT)}").fetchone()
    if own is not None and row is not None and row[0] not in (None, own):
        raise ConfigurationError(
            "PostgreSQL not written",
            subject=f"schema {names.views}",
            expected="what this deployment has published there itself",
            got="the publication of one with another CREDITLOOP_IDENTITY_KEY",
            next_step="Set another CREDITLOOP_POSTGRES_SCHEMA or another database.",
        )


def _require_reader(pg: Postgres, names: Names) -> None:
    found = run(pg, "select 1 from pg_catalog.pg_roles where rolname = %s", [names.reader])
    if found.fetchone() is None:
        raise ConfigurationError(
            "PostgreSQL not written",
            subject="CREDITLOOP_POSTGRES_READER",
            expected="a role of the server that readers belong to",
            got=f"no role {names.reader}",
            next_step=f"Create it as {ROLES_PAGE} shows, and repeat the command.",
        )


def _ensure_table(pg: Postgres, names: Names, table: str, wanted: Columns) -> None:
    present = _read_columns(pg, names, table)
    if not present:
        _create_table(pg, names, table, wanted)
        return
    for name, kind in wanted.items():
        if name not in present:
            run(
                pg,
                f"alter table {names.table(table)} add column {quote_identifier(name)} {kind}",
            )
        elif present[name] != kind:
            raise PermanentError(
                "PostgreSQL not written",
                subject=f"column {table}.{name}",
                expected=f"the type it was published with, {present[name]}",
                got=kind,
                next_step="Publish it under another name: a change of type is a new column.",
            )


def _create_table(pg: Postgres, names: Names, table: str, wanted: Columns) -> None:
    is_night = table in NIGHT_TABLES
    key = "file_id" if is_night else GENERATION_KEY
    columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in wanted.items())
    parts = "range (as_of_date)" if is_night else f"list ({key})"
    run(
        pg,
        f"create table {names.table(table)} ({key} bigint not null, {columns}) "
        f"partition by {parts}",
    )
    if is_night:
        unique = ", ".join((key, *NIGHT_KEYS[table], "as_of_date"))
        run(pg, f"create index on {names.table(table)} (user_key, as_of_date)")
    elif table in GENERATION_KEYS:
        unique = ", ".join((key, *GENERATION_KEYS[table]))
    else:
        return
    run(pg, f"alter table {names.table(table)} add primary key ({unique})")


def _read_columns(pg: Postgres, names: Names, table: str) -> dict[str, str]:
    """Columns of a table of the store in their order, without the one that says whose rows."""
    rows = run(
        pg,
        """
        select attname, pg_catalog.format_type(atttypid, atttypmod)
        from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass(%s) and attnum > 0 and not attisdropped
        order by attnum
        """,
        [names.table(table)],
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows[1:]}
