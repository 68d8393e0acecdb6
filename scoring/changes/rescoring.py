"""Points of every feature under a card, whether or not the user would be scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import duckdb
import pyarrow as pa

from scoring.cards.card import Card
from scoring.score.compiled import CompiledCard, compile_card
from scoring.score.marts import (
    BATCH_ROWS,
    USER_COLUMNS,
    USERS_TABLE,
    CatalogEntry,
    features_by_mart,
)
from scoring.score.scorer import score_batch
from scoring.warehouse.sql import quote_identifier

POINTS_SCHEMA = pa.schema([("user_key", pa.int64()), ("points", pa.list_(pa.int32()))])


def compile_unconditionally(card: Card) -> CompiledCard:
    """The card's points alone: a state between nights has no status and no range."""
    return compile_card(card.model_copy(update={"scorability": (), "evidence": None}))


def has_marts(connection: duckdb.DuckDBPyConnection, as_of_date: date, known_on: date) -> bool:
    """Whether the warehouse still holds the night's features."""
    ((users,),) = connection.execute(
        f"select count(*) from marts.{USERS_TABLE} where as_of_date = ? and known_on = ?",
        [as_of_date, known_on],
    ).fetchall()
    return bool(users)


def stream_points(
    connection: duckdb.DuckDBPyConnection,
    compiled: CompiledCard,
    catalog: Mapping[str, CatalogEntry],
    night: tuple[date, date],
    users: str,
) -> Iterator[pa.RecordBatch]:
    """Points of each user's features, in the card's order.

    A user whom the night does not list has no values: each feature earns what the card gives for a
    missing one.

    Args:
        connection: A connection of its own to a warehouse with the night's marts.
        compiled: From ``compile_unconditionally``.
        catalog: Where each feature lives.
        night: as_of_date and known_on.
        users: A relation with the column ``user_key``, each user once.

    Yields:
        ``user_key`` and ``points`` (list of int32), one row per user.
    """
    features = features_by_mart(compiled, catalog)
    own = [name for name in USER_COLUMNS if name not in ("user_key", "has_scoring_consent")]
    columns = ["users.user_key", "true as has_scoring_consent"]
    columns += [f"{USERS_TABLE}.{quote_identifier(name)}" for name in own]
    columns += [
        f"{quote_identifier(mart)}.{quote_identifier(name)}"
        for mart, names in features.items()
        for name in names
    ]
    tables = dict.fromkeys([USERS_TABLE, *features])
    joins = "\n".join(
        f"""left join marts.{quote_identifier(mart)}
            on users.user_key = {quote_identifier(mart)}.user_key
            and {quote_identifier(mart)}.as_of_date = date '{night[0]}'
            and {quote_identifier(mart)}.known_on = date '{night[1]}'"""
        for mart in tables
    )
    relation = connection.sql(f"select {', '.join(columns)} from {users} as users {joins}")
    reader = relation.to_arrow_reader(BATCH_ROWS)
    try:
        for batch in reader:
            if batch.num_rows:
                scored = score_batch(compiled, batch)
                yield pa.RecordBatch.from_arrays(
                    [scored.column("user_key"), scored.column("points")], schema=POINTS_SCHEMA
                )
    finally:
        reader.close()
