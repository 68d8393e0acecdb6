"""A warehouse with marts made by hand, for the small card."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from scoring.cards import loader
from scoring.cards.canonical import dump_card
from scoring.cards.card import Card
from scoring.clock import utc_now
from scoring.nights import Night
from scoring.releases.decisions import Circumstances, found
from scoring.releases.store import append_releases
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import CATALOG, make_card
from tests.scoring.score.batches import Row

NIGHT = Night(date(2024, 3, 1), date(2024, 3, 1), "run-1")
MARTS = {
    "spending": "fct_user_spending_daily",
    "repayment": "fct_user_repayment_daily",
    "history": "fct_user_credit_history_daily",
    "linkage": "fct_user_product_linkage_daily",
}
TYPES = {
    "has_scoring_consent": "boolean",
    "months_on_book": "bigint",
    "evidence_days": "bigint",
    "late_payment_count_365d": "bigint",
    "payment_ratio_180d": "decimal(18, 6)",
    "spend_amount_90d": "decimal(18, 2)",
    "revolving_utilisation_ratio": "decimal(18, 6)",
}
TABLES = {
    "dim_user_night": ["has_scoring_consent", "months_on_book", "evidence_days"],
    "fct_user_spending_daily": ["spend_amount_90d"],
    "fct_user_repayment_daily": ["payment_ratio_180d"],
    "fct_user_credit_history_daily": ["late_payment_count_365d", "evidence_days"],
    "fct_user_product_linkage_daily": ["revolving_utilisation_ratio"],
}
BANDS = [("poor", 350, 550), ("fair", 550, 600), ("good", 600, 650), ("top", 650, 951)]


def make_deployment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, **card_changes: object
) -> Settings:
    """An empty deployment whose champion is the small card, with marts to fill."""
    cards = folder / "cards"
    cards.mkdir()
    monkeypatch.setattr(loader, "CARDS_FOLDER", cards)
    settings = Settings(home=folder / "home", threads=1)
    found_with(settings, make_card(**card_changes), cards)
    with open_warehouse(settings) as connection:
        _create_marts(connection)
    return settings


def found_with(settings: Settings, card: Card, folder: Path) -> None:
    """Let ``card`` be the shipped one, champion since ever, in a ledger that says no more."""
    (folder / f"{card.card_id}.json").write_text(dump_card(card), encoding="utf-8")
    how = Circumstances("the small card", utc_now(), None, "0.1.0+test")
    with open_warehouse(settings) as connection:
        connection.execute("delete from ops.card_releases")
        append_releases(connection, [found(card.card_id, card.hash, "sha256:none", how)])


def _create_marts(connection: duckdb.DuckDBPyConnection) -> None:
    for table, names in TABLES.items():
        columns = ", ".join(f"{name} {TYPES[name]}" for name in names)
        connection.execute(
            f"create table marts.{table} "
            f"(user_key bigint, as_of_date date, known_on date, {columns})"
        )
    connection.execute(
        "create table marts.feature_catalog (feature_name varchar, mart varchar, "
        "dimension varchar, title_zh varchar, title_en varchar, unit varchar, "
        "consent_level varchar)"
    )
    connection.executemany(
        "insert into marts.feature_catalog values (?, ?, ?, ?, ?, 'count', 'scoring')",
        [
            [name, MARTS[dimension], dimension, f"{name} 中文", f"{name} English"]
            for name, dimension in CATALOG.items()
        ],
    )
    connection.execute(
        "create table marts.score_bands (band_code varchar, lower_bound integer, "
        "upper_bound integer, title_zh varchar, title_en varchar, valid_from date, valid_to date)"
    )
    connection.executemany(
        "insert into marts.score_bands values (?, ?, ?, ?, ?, '2020-01-01', null)",
        [[*band, f"{band[0]} 中文", band[0].title()] for band in BANDS],
    )


def fill_marts(settings: Settings, *rows: Row, night: Night = NIGHT) -> None:
    with open_warehouse(settings) as connection:
        for table, names in TABLES.items():
            columns = ("user_key", *names)
            batch = pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows])
            connection.register("rows", batch)
            connection.execute(
                f"insert into marts.{table} by name "
                "select *, ?::date as as_of_date, ?::date as known_on from rows",
                [night.as_of_date, night.known_on],
            )
            connection.unregister("rows")
