from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from scoring.cards import loader
from scoring.cards.canonical import dump_card
from scoring.cards.loader import CARDS_FOLDER
from scoring.cli.main import app
from scoring.errors import ConfigurationError
from tests.scoring.cards.drafts import make_card
from tests.scoring.score.batches import make_batch, make_row

RUNNER = CliRunner()
EXPERT = str(CARDS_FOLDER / "expert_v1.json")


def test_printed_query_runs_and_gives_the_score(tmp_path: Path) -> None:
    card = tmp_path / "demo_v1.json"
    card.write_text(dump_card(make_card()), encoding="utf-8")
    options = ["--from", "night", "--key", "user_key", "--key", "months_on_book", "--score-only"]
    printed = RUNNER.invoke(app, ["card", "sql", str(card), *options])
    assert printed.exit_code == 0, printed.output
    with duckdb.connect() as connection:
        connection.register("night", pa.Table.from_batches([make_batch(make_row(7))]))
        found = connection.sql(printed.output)
        assert found.columns[:4] == ["user_key", "months_on_book", "score", "score_status"]
        assert found.fetchall()[0][:4] == (7, 12, 623, "scored")


def test_dbt_prints_the_macro_that_ships() -> None:
    printed = RUNNER.invoke(app, ["card", "sql", EXPERT, "--engine", "dbt"])
    shipped = loader.PROJECT_ROOT / "dbt_project" / "macros" / "cards" / "expert_v1.sql"
    assert printed.output == shipped.read_text(encoding="utf-8")


def test_spark_quotes_in_its_own_way() -> None:
    printed = RUNNER.invoke(app, ["card", "sql", EXPERT, "--engine", "spark"])
    assert "`spend_amount_90d_points`" in printed.output
    assert '"spend_amount_90d_points"' not in printed.output


def test_unknown_engine_is_a_configuration_error() -> None:
    failed = RUNNER.invoke(app, ["card", "sql", EXPERT, "--engine", "oracle"])
    assert isinstance(failed.exception, ConfigurationError)
    with pytest.raises(ConfigurationError, match=r"expected duckdb \| spark \| dbt, got 'oracle'"):
        raise failed.exception
