"""Two cards on ten users whose scores can be added up by hand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.cards.comparison import Cell
from scoring.errors import ConfigurationError, DataRefusedError, PermanentError
from scoring.nights import Night
from scoring.releases.actions import promote_card, register_card
from scoring.releases.compare import CardComparison, compare_on_night, compare_on_table
from scoring.releases.compare_page import render_comparison
from scoring.score.step import score_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import draft_features
from tests.scoring.releases.deployments import write_card
from tests.scoring.score.batches import make_batch, make_row
from tests.scoring.score.night_tables import NIGHT, fill_marts, make_deployment

# By demo_v1 (600 + late + paid 0.75: 0 + spend 250: 15 + used 0.5: -12), by the late feature alone.
ROWS = (
    *(make_row(key, late=0) for key in (1, 2, 3, 4)),  # 623 and 620
    *(make_row(key, late=1) for key in (5, 6)),  # 593 and 590
    make_row(7, late=1, paid="0.1"),  # 563 and 590
    make_row(8, late=0, paid="0.1", used="0.7"),  # 593 and 620
    make_row(9, late=9),  # 543 and 540
    make_row(10, consent=False),
)
BAD = (0, 0, 0, 1, 0, None, 1, 0, 1, 0)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = make_deployment(tmp_path, monkeypatch)
    fill_marts(made, *ROWS)
    path = write_card(tmp_path / "new", "demo_v2", features=draft_features()[:1])
    register_card(made, path)
    return made


def write_table(folder: Path, suffix: str, bads: tuple[object, ...] = BAD) -> Path:
    table = pa.Table.from_batches([make_batch(*ROWS)])
    table = table.append_column("bad", pa.array(bads))
    path = folder / f"users{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, path)
    else:
        duckdb.from_arrow(table).write_csv(str(path))
    return path


def check_figures(found: CardComparison) -> None:
    assert (found.user_count, found.both_scored) == (10, 9)
    assert (found.first.scored_count, found.second.scored_count) == (9, 9)
    assert found.bands == ("poor", "fair", "good", "very_good", "excellent", "not_scored")
    assert found.migration == (
        (1, 0, 0, 0, 0, 0),
        (0, 3, 1, 0, 0, 0),
        (0, 0, 4, 0, 0, 0),
        (0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 1),
    )


def test_night_from_the_marts(settings: Settings) -> None:
    found = compare_on_night(settings, "demo_v1", "demo_v2", day=NIGHT.as_of_date)
    check_figures(found)
    assert found.source == "night 2024-03-01, known on 2024-03-01"
    assert found.outcome_count is None
    assert found.first.separation is None
    # Four at 600 or more on the first card; the second accepts five at 620, or none.
    swap = found.swaps[1]
    assert (swap.first_cut_off, swap.second_cut_off) == (600, 620)
    assert [swap.both, swap.swapped_out, swap.swapped_in, swap.neither] == [
        Cell(4, None),
        Cell(0, None),
        Cell(1, None),
        Cell(4, None),
    ]
    assert [item.first_cut_off for item in found.swaps] == [550, 600, 650, 700]


def test_night_as_it_was_scored_once_the_marts_are_gone(settings: Settings) -> None:
    day = NIGHT.as_of_date
    promote_card(settings, "demo_v2", "challenger", reason="test", day=day)
    from_marts = compare_on_night(settings, "demo_v1", "demo_v2", day=day)
    score_night(settings, NIGHT)
    with open_warehouse(settings) as connection:
        connection.execute("delete from marts.dim_user_night")
    assert compare_on_night(settings, "demo_v1", "demo_v2") == from_marts
    with pytest.raises(PermanentError, match=r"^night not scored for score@2024-02-01"):
        compare_on_night(settings, "demo_v1", "demo_v2", day=date(2024, 2, 1))


def test_stability_is_against_the_first_night_of_each_card(settings: Settings) -> None:
    later = NIGHT.as_of_date + timedelta(days=1)
    fill_marts(settings, *ROWS, night=Night(later, later, "run-2"))
    score_night(settings, NIGHT)
    found = compare_on_night(settings, "demo_v1", "demo_v2", day=later)
    assert (found.first.baseline, found.first.stability_to_baseline) == (NIGHT.as_of_date, 0.0)
    assert (found.second.baseline, found.second.stability_to_baseline) == (None, None)
    asked = compare_on_night(settings, "demo_v1", "demo_v2", day=later, baseline=date(2024, 2, 1))
    assert asked.first.baseline is None


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz"])
def test_table_with_outcomes(settings: Settings, tmp_path: Path, suffix: str) -> None:
    path = write_table(tmp_path, suffix)
    found = compare_on_table(
        settings, "demo_v1", "demo_v2", data=path, target="bad", cut_offs=(600,)
    )
    check_figures(found)
    assert found.outcome_count == 8
    first, second = found.first, found.second
    assert first.separation is not None
    assert second.separation is not None
    # Goods 623 x 3, 593, 593; bads 623, 563, 543: 5 + 5 right, and 3 ties of 15 pairs.
    assert first.separation.auc == (5 + 5 + 3 / 2) / 15
    # Goods 620 x 4, 590; bads 620, 590, 540: (0 + 4 ties) + (4 + 1 tie) + 5.
    assert second.separation.auc == (4 / 2 + 4 + 1 / 2 + 5) / 15
    assert first.calibration is not None
    assert first.calibration.observed_rate == 3 / 8
    assert first.scale_meaning == "intent"
    (swap,) = found.swaps
    assert (swap.both, swap.swapped_in, swap.neither) == (Cell(4, 1), Cell(1, 0), Cell(3, 2))


def test_card_file_that_is_not_registered(settings: Settings, tmp_path: Path) -> None:
    path = write_card(tmp_path / "new", "demo_v3", base_points=610)
    found = compare_on_night(settings, "demo_v1", str(path), day=NIGHT.as_of_date)
    assert found.second.card_id == "demo_v3"


def test_page_and_json_hold_the_figures(settings: Settings, tmp_path: Path) -> None:
    found = compare_on_table(
        settings, "demo_v1", "demo_v2", data=write_table(tmp_path, ".parquet"), target="bad"
    )
    head, *tables = render_comparison(found)
    assert head == (
        "demo_v1 (in use) and demo_v2 on users.parquet: 10 users, 9 scored by both, "
        "8 of them with an outcome"
    )
    assert len(tables) == 5
    content = json.loads(json.dumps(found.to_dict(), default=str))
    assert content["first"]["separation"]["bad_count"] == 3
    assert content["swaps"][0]["both"] == {"user_count": 7, "bad_count": 2}


@pytest.mark.parametrize(
    ("bads", "message"),
    [
        (
            (0, 1, 2, 3, 0, 0, 0, 0, 0, 0),
            "table refused for bad: expected 1 .* got 2 other values",
        ),
        ((0,) * 10, "comparison refused for outcomes: expected good and bad users"),
    ],
)
def test_outcomes_that_cannot_be_are_refused(
    settings: Settings, tmp_path: Path, bads: tuple[object, ...], message: str
) -> None:
    path = write_table(tmp_path, ".parquet", bads)
    with pytest.raises(PermanentError, match=f"^{message}"):
        compare_on_table(settings, "demo_v1", "demo_v2", data=path, target="bad")


def test_table_that_does_not_fit_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = write_table(tmp_path, ".parquet")
    with pytest.raises(ConfigurationError, match=r"--target: expected a column of the table \("):
        compare_on_table(settings, "demo_v1", "demo_v2", data=path, target="worse")
    with pytest.raises(ConfigurationError, match=r"--data: expected \.parquet \| \.csv \|"):
        compare_on_table(settings, "demo_v1", "demo_v2", data=tmp_path / "users.xlsx")
    with pytest.raises(DataRefusedError, match=r"^table refused for none\.csv: .* got IOException"):
        compare_on_table(settings, "demo_v1", "demo_v2", data=tmp_path / "none.csv")
    pq.write_table(pq.read_table(path).drop_columns(["payment_ratio_180d"]), path)
    with pytest.raises(ConfigurationError, match=r"^batch not scored for payment_ratio_180d"):
        compare_on_table(settings, "demo_v1", "demo_v2", data=path)


def test_nobody_scored_by_both_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    pq.write_table(pa.Table.from_batches([make_batch(make_row(1, consent=False))]), path)
    with pytest.raises(PermanentError, match=r"^comparison refused for users\.parquet"):
        compare_on_table(settings, "demo_v1", "demo_v2", data=path)


def test_comparison_before_any_scored_night_is_refused(settings: Settings) -> None:
    with pytest.raises(PermanentError, match=r"^comparison refused for scores\.scores"):
        compare_on_night(settings, "demo_v1", "demo_v2")
