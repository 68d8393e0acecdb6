"""Reading a night of the feature marts as Arrow record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from scoring.errors import PermanentError
from scoring.nights import Night
from scoring.score.compiled import CompiledCard
from scoring.warehouse.sql import quote_identifier

BATCH_ROWS = 65_536
USERS_TABLE = "dim_user_night"
USER_COLUMNS = ("user_key", "has_scoring_consent", "months_on_book", "evidence_days")
"""What every batch carries from ``marts.dim_user_night``, besides the card's features."""


@dataclass(frozen=True)
class CatalogEntry:
    """Where a feature lives: its mart and the dimension it belongs to."""

    mart: str
    dimension: str


def read_catalog(connection: duckdb.DuckDBPyConnection, night: Night) -> dict[str, CatalogEntry]:
    """Every catalogued feature by name.

    Raises:
        PermanentError: The marts have not been built.
    """
    try:
        rows = connection.execute(
            "select feature_name, mart, dimension from marts.feature_catalog"
        ).fetchall()
    except duckdb.CatalogException:
        raise _not_built(night, "no table marts.feature_catalog") from None
    return {str(name): CatalogEntry(str(mart), str(dimension)) for name, mart, dimension in rows}


def count_night_users(connection: duckdb.DuckDBPyConnection, night: Night) -> int:
    """Users of the night, in ``marts.dim_user_night``.

    Raises:
        PermanentError: There is none; an empty night is a fault, not a result.
    """
    try:
        users = _count(connection, USERS_TABLE, night)
    except duckdb.CatalogException:
        raise _not_built(night, f"no table marts.{USERS_TABLE}") from None
    if users == 0:
        raise _not_built(night, f"0 rows in marts.{USERS_TABLE}")
    return users


def stream_night(
    connection: duckdb.DuckDBPyConnection,
    night: Night,
    compiled: CompiledCard,
    catalog: Mapping[str, CatalogEntry],
    others: Sequence[CompiledCard] = (),
) -> Iterator[pa.RecordBatch]:
    """The night's users with the columns that scoring needs, in batches, in no given order.

    Args:
        connection: A connection of its own: a stream ends at the connection's next statement.
        night: The night to read.
        compiled: The card, which names the features.
        catalog: Where each feature lives.
        others: More cards, whose features come along; each passed ``check_night``.

    Raises:
        PermanentError: A mart does not hold each user of the night exactly once.
    """
    check_night(connection, night, compiled, catalog)
    features = features_by_mart(compiled, catalog, others)
    columns = [f"users.{quote_identifier(name)}" for name in USER_COLUMNS]
    columns += [
        f"{quote_identifier(mart)}.{quote_identifier(name)}"
        for mart, names in features.items()
        for name in names
    ]
    joins = "\n".join(
        f"inner join marts.{quote_identifier(mart)} using (user_key, as_of_date, known_on)"
        for mart in features
    )
    relation = connection.sql(
        f"""
        select {", ".join(columns)}
        from marts.{USERS_TABLE} as users
        {joins}
        where users.as_of_date = ? and users.known_on = ?
        """,
        params=[night.as_of_date, night.known_on],
    )
    reader = relation.to_arrow_reader(BATCH_ROWS)
    try:
        yield from (batch for batch in reader if batch.num_rows)
    finally:
        reader.close()


def features_by_mart(
    compiled: CompiledCard,
    catalog: Mapping[str, CatalogEntry],
    others: Sequence[CompiledCard] = (),
) -> dict[str, list[str]]:
    """The columns that cards need besides ``USER_COLUMNS``, by the mart that holds them."""
    wanted: list[str] = []
    for card in (compiled, *others):
        wanted += [feature.feature_name for feature in card.features]
        wanted += [name for name, _ in card.scorability_minimums]
    found: dict[str, list[str]] = {mart: [] for mart in sorted({catalog[n].mart for n in wanted})}
    for name in dict.fromkeys(wanted):
        if name not in USER_COLUMNS:
            found[catalog[name].mart].append(name)
    return found


def check_night(
    connection: duckdb.DuckDBPyConnection,
    night: Night,
    compiled: CompiledCard,
    catalog: Mapping[str, CatalogEntry],
) -> None:
    """Refuse a night whose marts do not hold the same users.

    Raises:
        PermanentError: A mart does not hold each user of the night exactly once.
    """
    users = count_night_users(connection, night)
    for mart, names in features_by_mart(compiled, catalog).items():
        _check_columns(connection, mart, night, names)
        _check_same_users(connection, mart, night, users)


def _check_columns(
    connection: duckdb.DuckDBPyConnection, mart: str, night: Night, names: Sequence[str]
) -> None:
    held = {
        str(name)
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name = 'marts' "
            "and table_name = ?",
            [mart],
        ).fetchall()
    }
    absent = [name for name in names if name not in held]
    if absent:
        raise PermanentError(
            "night not scored",
            subject=f"marts.{mart}@{night.as_of_date}",
            expected="a column for each catalogued feature",
            got=f"no {', '.join(absent)}",
            next_step=f"Build the night again: creditloop build --date {night.as_of_date}",
        )


def _check_same_users(
    connection: duckdb.DuckDBPyConnection, mart: str, night: Night, users: int
) -> None:
    ((found, distinct),) = connection.execute(
        f"""
        select count(*), count(distinct mart.user_key)
        from marts.{quote_identifier(mart)} as mart
        inner join marts.{USERS_TABLE} as users using (user_key, as_of_date, known_on)
        where mart.as_of_date = ? and mart.known_on = ?
        """,
        [night.as_of_date, night.known_on],
    ).fetchall()
    rows = _count(connection, mart, night)
    if not rows == found == distinct == users:
        raise PermanentError(
            "night not scored",
            subject=f"marts.{mart}@{night.as_of_date}",
            expected=f"one row for each of the {users:,} users of marts.{USERS_TABLE}",
            got=f"{rows:,} rows, {distinct:,} of these users",
            next_step=f"Build the night again: creditloop build --date {night.as_of_date}",
        )


def _count(connection: duckdb.DuckDBPyConnection, table: str, night: Night) -> int:
    # fetchall, not fetchone: a result that is not read to its end blocks its connection.
    ((rows,),) = connection.execute(
        f"""
        select count(*)
        from marts.{quote_identifier(table)}
        where as_of_date = ? and known_on = ?
        """,
        [night.as_of_date, night.known_on],
    ).fetchall()
    return int(rows)


def _not_built(night: Night, got: str) -> PermanentError:
    return PermanentError(
        "night not scored",
        subject=f"score@{night.as_of_date}",
        expected=f"feature marts with users for known_on {night.known_on}",
        got=got,
        next_step=f"Build the night first: creditloop build --date {night.as_of_date}",
    )
