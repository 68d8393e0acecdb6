"""The file of one generation: tables, views over the night files, and what it says of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass

import duckdb

from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.nights import Night
from scoring.publish.columns import CHANGES, POINTS, REASONS, SCORES
from scoring.publish.consent import STATEMENTS, Consent
from scoring.publish.databases import NEW, insert_rows
from scoring.publish.latest_features import build_features
from scoring.publish.latest_scores import LatestScores
from scoring.publish.manifest import Manifest, content_lines
from scoring.publish.published import FILES_TABLE
from scoring.publish.views import view_queries
from scoring.settings import Settings
from scoring.warehouse.content_hash import content_hash
from scoring.warehouse.sql import quote_literal

USER_TABLES = ("scores_latest", "features_latest")
REFERENCE_TABLES = ("feature_catalog", "score_bands")

KNOWN_BASIS = {
    "landed": "every batch counts from the day it was landed",
    "assumed": "history was loaded at once: when its rows became known is assumed, not recorded",
}

PUBLICATION_COLUMNS: Mapping[str, str] = {
    "generation": "bigint",
    "run_id": "varchar",
    "as_of_date": "date",
    "known_on": "date",
    "newest_as_of_date": "date",
    "newest_known_on": "date",
    "night_count": "bigint",
    "card_id": "varchar",
    "scores_row_count": "bigint",
    "score_points_row_count": "bigint",
    "score_reasons_row_count": "bigint",
    "score_changes_row_count": "bigint",
    "scores_latest_row_count": "bigint",
    "features_latest_row_count": "bigint",
    "withheld_row_count": "bigint",
    "gate_results": "varchar",
    "code_version": "varchar",
    "data_version": "varchar",
    "known_basis": "varchar",
    "known_basis_statement": "varchar",
    "consent_basis": "varchar",
    "consent_statement": "varchar",
    "consent_known_on": "date",
    "content_hash": "varchar",
    "published_at": "timestamp",
}


@dataclass(frozen=True)
class GenerationPlan:
    """What goes into a generation.

    Attributes:
        generation: Its number.
        nights: The nights it brings, each business day once.
        manifest: The files it names.
        base: The files of the generation before it; None for the first one.
        consent: Whose rows are shown.
        gates: Expectations per gate and state.
    """

    generation: int
    nights: tuple[Night, ...]
    manifest: Manifest
    base: Manifest | None
    consent: Consent
    gates: Mapping[str, Mapping[str, int]]

    @property
    def night(self) -> Night:
        """The night it goes by: of those that know most, so that it seals all of them, the last."""
        return max(self.nights, key=lambda night: (night.known_on, night.as_of_date))

    @property
    def newest(self) -> Night | None:
        """The night that is now the newest one; None if an earlier publication brought that."""
        newest = self.manifest.newest()
        found = [night for night in self.nights if (night.as_of_date, night.known_on) == newest]
        return found[0] if found else None


def fill_generation(
    connection: duckdb.DuckDBPyConnection, settings: Settings, plan: GenerationPlan
) -> str:
    """Fill the attached ``new_generation``.

    Args:
        connection: The warehouse, with both generations attached and ``read_consent`` done.
        settings: The deployment.
        plan: What goes into it.

    Returns:
        Its content hash.

    Raises:
        PermanentError: A catalogued feature is missing in its mart.
        ConfigurationError: ``CREDITLOOP_PUBLISHED_URI`` does not show the published folder.
    """
    LatestScores(connection, settings, plan.nights, plan.consent, plan.base, plan.manifest).build()
    newest = plan.newest or (plan.night if plan.base is None else None)
    build_features(connection, newest, plan.consent)
    for table in REFERENCE_TABLES:
        connection.execute(f"create table {NEW}.{table} as select * from marts.{table}")
    create_views(connection, settings, plan.manifest)
    text = hash_generation(connection, plan.manifest)
    _create_publication(connection, settings, plan, text)
    return text


def create_views(
    connection: duckdb.DuckDBPyConnection, settings: Settings, manifest: Manifest
) -> None:
    """Create the views, and the list of the files they name, in ``new_generation``."""
    connection.execute(
        f"""
        create table {NEW}.{FILES_TABLE} (
            publication_order bigint, table_name varchar, as_of_date date, known_on date,
            file varchar, content_hash varchar, row_count bigint, is_current boolean
        )
        """
    )
    insert_rows(
        connection,
        f"{NEW}.{FILES_TABLE}",
        [(order, *astuple(file)) for order, file in enumerate(manifest.files)],
    )
    for name, query in view_queries(manifest, settings).items():
        connection.execute(f"create view {NEW}.{name} as {query}")


def hash_generation(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> str:
    """Hash of what readers see of ``new_generation``, without reading the night files again."""
    tables = {}
    for table in (*USER_TABLES, *REFERENCE_TABLES):
        rows = connection.execute(
            """
            select column_name from duckdb_columns()
            where database_name = ? and table_name = ?
            """,
            [NEW, table],
        ).fetchall()
        tables[table] = content_hash(connection, f"{NEW}.{table}", [name for (name,) in rows])[1]
    return hashlib.sha256("\n".join(content_lines(manifest, tables)).encode()).hexdigest()[:32]


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of a table or of a parenthesised query."""
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _create_publication(
    connection: duckdb.DuckDBPyConnection, settings: Settings, plan: GenerationPlan, text: str
) -> None:
    night = plan.night
    newest = plan.manifest.newest() or (night.as_of_date, night.known_on)
    basis = _known_basis(connection, night)
    values: dict[str, object] = {
        "generation": plan.generation,
        "run_id": night.run_id,
        "as_of_date": night.as_of_date,
        "known_on": night.known_on,
        "newest_as_of_date": newest[0],
        "newest_known_on": newest[1],
        "night_count": len(plan.manifest.readings()),
        **_describe_night(connection, settings, plan),
        "scores_latest_row_count": count_rows(connection, f"{NEW}.scores_latest"),
        "features_latest_row_count": count_rows(connection, f"{NEW}.features_latest"),
        "gate_results": json.dumps(plan.gates, sort_keys=True),
        "code_version": code_version(),
        "data_version": _data_version(connection, night),
        "known_basis": basis,
        "known_basis_statement": KNOWN_BASIS[basis],
        "consent_basis": plan.consent.basis,
        "consent_statement": STATEMENTS[plan.consent.basis],
        "consent_known_on": plan.consent.known_on,
        "content_hash": text,
        "published_at": utc_now(),
    }
    typed = ", ".join(f"{name} {kind}" for name, kind in PUBLICATION_COLUMNS.items())
    connection.execute(f"create table {NEW}.publication ({typed})")
    marks = ", ".join("?" for _ in PUBLICATION_COLUMNS)
    connection.execute(
        f"insert into {NEW}.publication values ({marks})",
        [values[name] for name in PUBLICATION_COLUMNS],
    )


def _describe_night(
    connection: duckdb.DuckDBPyConnection, settings: Settings, plan: GenerationPlan
) -> dict[str, object]:
    """Card and row counts of the night the generation brings."""
    night = plan.night
    found = {
        table: plan.manifest.find(table, night.as_of_date, night.known_on)
        for table in (SCORES, POINTS, REASONS, CHANGES)
    }
    counts = {table: file.row_count if file else None for table, file in found.items()}
    points = found[POINTS]
    point_count = None
    if points is not None:
        path = quote_literal(str(settings.published / points.file))
        row = connection.execute(
            f"select coalesce(sum(len(points)), 0)::bigint from read_parquet({path})"
        ).fetchone()
        point_count = row[0] if row else None
    scored = connection.execute(
        """
        select string_agg(distinct card_id, ', ' order by card_id), count(*)
        from scores.scores
        where as_of_date = ? and known_on = ?
        """,
        [night.as_of_date, night.known_on],
    ).fetchone()
    card_id, computed = scored or (None, 0)
    return {
        "card_id": card_id,
        "scores_row_count": counts[SCORES],
        "score_points_row_count": point_count,
        "score_reasons_row_count": counts[REASONS],
        "score_changes_row_count": counts[CHANGES],
        "withheld_row_count": computed - (counts[SCORES] or 0),
    }


def _known_basis(connection: duckdb.DuckDBPyConnection, night: Night) -> str:
    assumed = count_rows(
        connection,
        "(from ops.batches where state = 'loaded' and known_basis = 'assumed' "
        f"and dt <= date '{night.known_on}')",
    )
    return "assumed" if assumed else "landed"


def _data_version(connection: duckdb.DuckDBPyConnection, night: Night) -> str:
    """Hash over the contents of all batches the night could see."""
    batches = f"(from ops.batches where state = 'loaded' and dt <= date '{night.known_on}')"
    text = content_hash(connection, batches, ["feed", "dt", "content_hash"])[1]
    return hashlib.sha256(text.encode()).hexdigest()[:12]
