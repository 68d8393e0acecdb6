"""Why scores changed between two nights, by hand, from raw rows to what is published and told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from scoring.changes import night as night_part
from scoring.changes.decomposition import CAUSES
from scoring.changes.night import fill_changes
from scoring.changes.paused_world import scratch_settings
from scoring.explain import comparison
from scoring.explain.explain import explain
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.changes.pair_world import (
    AGED,
    BUYER,
    CORRECTED,
    DISPUTED,
    EARLIER,
    LATER,
    NEWCOMER,
    OVERDUE,
    PAYER,
    STILL,
    make_pair_world,
    score_and_publish,
)

pytestmark = pytest.mark.slow

PARTS = ("late", "ageing", "behaviour", "card", "undivided", "clipped")
# The second card: base 10 less, 7 more for no application; days past due count no more.
CARD = -10 + 7
EXPECTED = {
    AGED: (0, 50, 0, CARD),
    CORRECTED: (50, 0, 0, CARD),
    DISPUTED: (50, 0, 0, CARD),
    BUYER: (0, 0, 15, CARD + 5),
    OVERDUE: (0, -50 - 40, 0, CARD + 40),
    # Nothing came late for them and every feature earns what it did: nobody looks closer.
    PAYER: (0, 0, 0, CARD),
    STILL: (0, 0, 0, CARD),
}
"""User -> points by cause, in the order of the causes."""
UNMOVED = {PAYER, STILL}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        settings = make_pair_world(tmp_path_factory.mktemp("pair"), monkeypatch)
        score_and_publish(settings, LATER)
        yield settings


def read_changes(settings: Settings) -> dict[int, dict[str, Any]]:
    with open_warehouse(settings) as connection:
        rows = connection.sql(
            "select * from scores.score_changes where as_of_date = ?", params=[LATER.as_of_date]
        ).to_arrow_table()
    return {row["user_key"]: row for row in rows.to_pylist()}


def causes_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[f"change_{cause}"] for cause in CAUSES)


def test_each_user_moved_by_their_own_cause(world: Settings) -> None:
    changes = read_changes(world)
    assert {key: causes_of(changes[key]) for key in EXPECTED} == EXPECTED
    assert changes[AGED]["feature_ageing"][0] == 50
    assert changes[AGED]["feature_names"][0] == "late_payment_count_90d"
    statuses = {key: changes[key]["change_status"] for key in EXPECTED}
    assert {key for key, status in statuses.items() if status == "unmoved"} == UNMOVED
    assert changes[NEWCOMER]["change_status"] == "not_compared"
    assert changes[NEWCOMER]["score_change"] is None


def test_parts_add_up_to_the_published_difference(world: Settings) -> None:
    with duckdb.connect(str(world.published / "creditloop.duckdb"), read_only=True) as reader:
        rows = reader.sql(
            f"""
            select
                score - previous_score - score_change as other_change,
                score_change - ({" + ".join(f"coalesce(change_{part}, 0)" for part in PARTS)}),
                coalesce(list_sum(feature_changes), 0) + change_base + change_clipped
                    - score_change,
            from score_changes
            where as_of_date = date '{LATER.as_of_date}' and change_status <> 'not_compared'
            """
        ).fetchall()
    assert rows == [(0, 0, 0)] * len(EXPECTED)


def test_explanation_of_the_pair_is_the_night_s(
    world: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_the_night = explain(world, user_key=CORRECTED, versus=EARLIER.as_of_date).change
    assert by_the_night is not None
    assert (by_the_night.late, by_the_night.card, by_the_night.status) == (50, CARD, "divided")
    monkeypatch.setattr(comparison, "_read_divided", lambda *_: None)
    assert explain(world, user_key=CORRECTED, versus=EARLIER.as_of_date).change == by_the_night


def test_explanation_looks_closer_at_a_user_whose_causes_cancel_out(world: Settings) -> None:
    found = explain(world, user_key=PAYER, versus=EARLIER.as_of_date)
    assert found.change is not None
    assert (found.change.ageing, found.change.behaviour) == (-90, 90)
    assert (found.change.card, found.change.score_change) == (CARD, CARD)
    lines = found.render().splitlines()
    assert any("时间推移 Time alone" in line and line.endswith("-90") for line in lines)
    assert any("What happened in between" in line and line.endswith("+90") for line in lines)


def test_scratch_warehouse_is_gone(world: Settings) -> None:
    assert not scratch_settings(world).warehouse_file.exists()


def test_time_and_users_are_recorded(world: Settings) -> None:
    with open_warehouse(world) as connection:
        ((seconds, users),) = connection.execute(
            "select wall_seconds, row_count from ops.model_runs where run_id = ? and model = ?",
            [LATER.run_id, night_part.WORK],
        ).fetchall()
    assert (seconds > 0, users) == (True, len(EXPECTED) - len(UNMOVED))


def test_again_without_detail_and_again_with_a_limit(world: Settings) -> None:
    before = read_changes(world)
    with open_warehouse(world) as connection:
        none = fill_changes(connection, _with(world, change_detail="none"), LATER)
    assert none.recomputed == 0
    row = read_changes(world)[AGED]
    assert (row["change_status"], causes_of(row)) == ("undivided", (None, None, None, CARD))
    assert (row["change_undivided"], row["score_change"]) == (50, 50 + CARD)
    with open_warehouse(world) as connection:
        few = fill_changes(connection, _with(world, change_detail_users=2), LATER)
    assert few.recomputed == 2
    after = read_changes(world)
    divided = [key for key, row in after.items() if row["change_status"] == "divided"]
    assert len(divided) == 2
    assert all(after[key] == before[key] for key in (*divided, *UNMOVED))
    statuses = [row["change_status"] for row in after.values()]
    assert statuses.count("undivided") == len(EXPECTED) - len(UNMOVED) - 2


def _with(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)
