"""``features_latest``: every catalogued feature of the newest night."""

from __future__ import annotations

import duckdb

from scoring.errors import PermanentError
from scoring.nights import Night
from scoring.publish.consent import GATED_TABLE, Consent
from scoring.publish.databases import BASE, NEW
from scoring.warehouse.sql import quote_identifier


def build_features(
    connection: duckdb.DuckDBPyConnection, newest: Night | None, consent: Consent
) -> None:
    """Create the table in the attached new generation. Grain user_key.

    Args:
        connection: The warehouse, with both generations attached and ``read_consent`` done.
        newest: The newest night, if it is being published now. If not, it keeps the features it
            was checked with: they are carried from the generation published now.
        consent: Whose rows are shown.

    Raises:
        PermanentError: A catalogued feature is missing in its mart.
    """
    query = (
        _marts_query(connection, newest, consent)
        if newest is not None
        else f"select * from {BASE}.features_latest where {consent.condition()}"
    )
    connection.execute(f"create table {NEW}.features_latest as {query} order by user_key")


def _marts_query(connection: duckdb.DuckDBPyConnection, night: Night, consent: Consent) -> str:
    catalogue = connection.execute(
        """
        select feature_name, replace(mart, 'marts.', '') as mart, consent_level
        from marts.feature_catalog
        order by feature_name
        """
    ).fetchall()
    _require_features(connection, night, {(str(name), str(mart)) for name, mart, _ in catalogue})
    expressions = ["users.user_key", "users.as_of_date", "users.known_on"]
    for name, mart, level in catalogue:
        column = f"{quote_identifier(mart)}.{quote_identifier(name)}"
        if level == "gated" and consent.is_asked:
            gated = f"users.user_key in (select user_key from {GATED_TABLE})"
            column = f"case when {gated} then {column} end"
        expressions.append(f"{column} as {quote_identifier(name)}")
    joins = "\n".join(
        f"left join marts.{quote_identifier(mart)} using (user_key, as_of_date, known_on)"
        for mart in sorted({str(mart) for _, mart, _ in catalogue})
    )
    return f"""
        select {", ".join(expressions)}
        from marts.dim_user_night as users
        {joins}
        where users.as_of_date = date '{night.as_of_date}'
            and users.known_on = date '{night.known_on}'
            and users.has_scoring_consent
            and {consent.condition()}
    """


def _require_features(
    connection: duckdb.DuckDBPyConnection, night: Night, catalogue: set[tuple[str, str]]
) -> None:
    rows = connection.execute(
        """
        select column_name, table_name
        from duckdb_columns()
        where database_name = current_database() and schema_name = 'marts'
        """
    ).fetchall()
    missing = sorted(f"{mart}.{name}" for name, mart in catalogue - set(rows))
    if missing or not catalogue:
        raise PermanentError(
            "publication refused",
            subject=f"features_latest@{night.as_of_date}",
            expected="every feature of the feature catalogue in its mart",
            got=f"no {', '.join(missing)}" if missing else "an empty catalogue",
            next_step=f"Run `creditloop build --date {night.as_of_date}`.",
        )
