"""A kept generation written anew: its views looking elsewhere, or for fewer users."""

from __future__ import annotations

import duckdb

from scoring.publish.columns import CONSENTED
from scoring.publish.consent import STATEMENTS, Consent
from scoring.publish.databases import BASE, NEW, attached_base, attached_new
from scoring.publish.files import aside, settle
from scoring.publish.generation import (
    REFERENCE_TABLES,
    USER_TABLES,
    count_rows,
    create_views,
    hash_generation,
)
from scoring.publish.manifest import Manifest
from scoring.publish.night_files import NightWriter
from scoring.publish.published import Publication, generation_file
from scoring.settings import Settings
from scoring.warehouse.sql import quote_literal


def rewrite_generation(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    publication: Publication,
    *,
    manifest: Manifest | None = None,
    consent: Consent | None = None,
) -> Publication:
    """Write the file of a generation anew; a reader that has the old one open keeps it.

    Args:
        connection: The warehouse.
        settings: The deployment; its ``published_uri`` is where the views will look.
        publication: The generation.
        manifest: Other files for its views to name.
        consent: Whose rows its tables keep, after ``read_consent``; None keeps all.

    Returns:
        The generation as it now is.
    """
    files = manifest or publication.manifest
    target = generation_file(settings, publication.generation)
    written = aside(target)
    condition = consent.condition() if consent else "true"
    try:
        with attached_base(connection, target), attached_new(connection, written):
            for table in (*USER_TABLES, *REFERENCE_TABLES, "publication"):
                kept = condition if table in USER_TABLES else "true"
                connection.execute(
                    f"create table {NEW}.{table} as select * from {BASE}.{table} where {kept}"
                )
            create_views(connection, settings, files)
            text = hash_generation(connection, files)
            _update_publication(connection, text, consent)
        settle(written, target)
    finally:
        written.unlink(missing_ok=True)
    return Publication(
        publication.generation,
        publication.run_id,
        publication.as_of_date,
        publication.known_on,
        text,
        files,
    )


def narrow_to_consent(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    publication: Publication,
    consent: Consent,
) -> Publication:
    """Take users out of an older generation who have revoked their consent since.

    Users who have granted it since stay out until the next publication.

    Returns:
        The generation as it is now; the same one if nobody has to leave.
    """
    if not consent.is_asked or consent.known_on is None:
        return publication
    shown = publication.manifest.of(CONSENTED)
    query = ""
    if shown:
        path = quote_literal(str(settings.published / shown[0].file))
        leaving = f"(from read_parquet({path}) where not ({consent.condition()}))"
        if count_rows(connection, leaving) == 0:
            return publication
        query = f"select user_key from read_parquet({path}) where {consent.condition()}"
    writer = NightWriter(connection, settings, consent, publication.generation)
    manifest = publication.manifest.with_consented(writer.write_consented(consent.known_on, query))
    return rewrite_generation(connection, settings, publication, manifest=manifest, consent=consent)


def _update_publication(
    connection: duckdb.DuckDBPyConnection, text: str, consent: Consent | None
) -> None:
    connection.execute(f"update {NEW}.publication set content_hash = ?", [text])
    if consent is None:
        return
    connection.execute(
        f"""
        update {NEW}.publication
        set scores_latest_row_count = ?, features_latest_row_count = ?,
            consent_basis = ?, consent_statement = ?, consent_known_on = ?
        """,
        [
            *(count_rows(connection, f"{NEW}.{table}") for table in USER_TABLES),
            consent.basis,
            STATEMENTS[consent.basis],
            consent.known_on,
        ],
    )
