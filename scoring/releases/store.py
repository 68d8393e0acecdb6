"""The ledger in the build warehouse, ``ops.card_releases``, and the nights that readers see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from datetime import date

import duckdb

from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.cards.report_seal import read_report_seal
from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.releases.decisions import Circumstances, found
from scoring.releases.ledger import Ledger, Release

FOUNDING_CARD = "expert_v1"
FOUNDING_REASON = "the card that ships with the project is champion until another one is promoted"

_COLUMNS = ", ".join(field.name for field in fields(Release))
LEDGER_QUERY = f"select {_COLUMNS} from ops.card_releases order by entry"


def read_ledger(connection: duckdb.DuckDBPyConnection) -> Ledger:
    """Every entry of ``ops.card_releases``, in order."""
    rows = connection.execute(LEDGER_QUERY).fetchall()
    return Ledger(tuple(Release(*row) for row in rows))


def append_releases(connection: duckdb.DuckDBPyConnection, releases: Iterable[Release]) -> None:
    """Add the entries of one decision, all or none."""
    marks = ", ".join("?" for _ in fields(Release))
    connection.execute("begin transaction")
    try:
        for release in releases:
            connection.execute(
                f"insert into ops.card_releases ({_COLUMNS}) values ({marks})",
                list(astuple(release)),
            )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def found_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a store without any entry its first one; called when a store is made or upgraded.

    Raises:
        ConfigurationError: The shipped card or its report is not what was released.
    """
    if read_ledger(connection).releases:
        return
    card = load_card(CARDS_FOLDER / f"{FOUNDING_CARD}.json", read_catalog_seed())
    report = read_report_seal(card, CARDS_FOLDER)
    how = Circumstances(FOUNDING_REASON, utc_now(), None, code_version())
    append_releases(connection, [found(card.card_id, card.hash, report.report_sha256, how)])


def published_nights(connection: duckdb.DuckDBPyConnection) -> tuple[date, ...]:
    """Business days that readers see now, oldest first."""
    rows = connection.execute(
        """
        select distinct nights.as_of_date
        from ops.generation_nights as nights
        inner join ops.generations as generations using (generation)
        where generations.state = 'current' and nights.table_name = 'scores_history'
        order by nights.as_of_date
        """
    ).fetchall()
    return tuple(day for (day,) in rows)
