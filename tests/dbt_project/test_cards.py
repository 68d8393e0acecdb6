"""The cards' macros give what the scorer gives on the marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scoring.cards.card import Card
from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.errors import PermanentError
from scoring.marts.dbt_runner import dbt_folder, run_dbt
from scoring.score.compiled import compile_card
from scoring.score.marts import read_catalog, stream_night
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.warehouses import NIGHTS
from tests.scoring.score.sql_tables import rows_of_scorer

pytestmark = pytest.mark.xdist_group("marts")

CARD = load_card(CARDS_FOLDER / "expert_v1.json", read_catalog_seed())


def compile_inline(settings: Settings, query: str) -> str:
    with writer_lock(settings):
        run_dbt(settings, "compile", "--inline", query, "--no-introspect", subject="a query")
    (compiled,) = (dbt_folder(settings) / "compiled" / "creditloop").rglob("inline_query*")
    text: str = Path(compiled).read_text(encoding="utf-8")
    return text


def score_in_python(settings: Settings, card: Card) -> list[dict[str, Any]]:
    rows = []
    with open_warehouse(settings) as connection:
        for night in NIGHTS:
            catalog = read_catalog(connection, night)
            batches = stream_night(connection.cursor(), night, compile_card(card), catalog)
            for batch in batches:
                keys = {"as_of_date": night.as_of_date, "known_on": night.known_on}
                rows += [row | keys for row in rows_of_scorer(card, batch)]
    return rows


def test_macro_gives_what_the_scorer_gives_for_every_user_and_night(built: Settings) -> None:
    text = compile_inline(
        built,
        "select * from {{ card_points('expert_v1') }} as scored"
        " order by as_of_date, known_on, user_key",
    )
    wanted = score_in_python(built, CARD)
    with open_warehouse(built) as connection:
        found = connection.sql(text).to_arrow_table().to_pylist()
    wanted.sort(key=lambda row: (row["as_of_date"], row["known_on"], row["user_key"]))
    assert len({row["score"] for row in wanted}) > 3
    assert found == wanted


def test_a_card_that_does_not_exist_is_refused_by_name(built: Settings) -> None:
    with pytest.raises(PermanentError):
        compile_inline(built, "select * from {{ card_points('other_v1') }} as scored")
    log = (dbt_folder(built) / "dbt.log").read_text(encoding="utf-8")
    assert "card_points: expected a card of scoring/cards/, got 'other_v1'" in log
