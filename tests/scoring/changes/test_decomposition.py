"""The parts of a change add up, whatever the states are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from scoring.changes.decomposition import CAUSES, DIVIDED, UNDIVIDED, UNMOVED, decompose

OLD = ("spend", "ratio", "late")
NEW = ("late", "streak", "spend", "limit")
INTEGERS = ("previous_base", "base", "previous_clipped", "clipped")
SCHEMA = pa.schema(
    [("user_key", pa.int64())]
    + [
        (name, pa.list_(pa.int32()))
        for name in ("then", "now", "paused", "before_card", "after_card")
    ]
    + [(name, pa.int32()) for name in INTEGERS]
)


def rows_of(*rows: dict[str, Any]) -> pa.RecordBatch:
    """Rows by name; what a row does not name is a state like the one before it, or 0."""
    full = []
    for number, row in enumerate(rows):
        filled: dict[str, Any] = {"user_key": number, **dict.fromkeys(INTEGERS, 0), **row}
        for before, state in (("then", "now"), ("now", "paused"), ("paused", "before_card")):
            filled.setdefault(state, filled[before])
        filled.setdefault("after_card", filled["before_card"])
        full.append(filled)
    return pa.RecordBatch.from_pylist(full, schema=SCHEMA)


def one(row: dict[str, Any], new: tuple[str, ...] = OLD) -> dict[str, Any]:
    (found,) = decompose(rows_of(row), OLD, new).to_pylist()
    return found


def test_each_step_goes_to_its_cause_and_feature() -> None:
    found = one(
        {"then": [5, 0, 0], "now": [3, 0, 0], "paused": [3, 0, 8], "before_card": [3, 9, 8]}
    )
    assert found["change_late"] == -2
    assert found["change_ageing"] == 8
    assert found["change_behaviour"] == 9
    assert found["change_card"] == 0
    assert found["score_change"] == 15
    assert found["feature_names"] == ["spend", "ratio", "late"]
    assert found["feature_late"] == [-2, 0, 0]
    assert found["feature_ageing"] == [0, 0, 8]
    assert found["feature_behaviour"] == [0, 9, 0]
    assert found["feature_changes"] == [-2, 9, 8]


def test_only_features_with_a_change_are_listed_also_those_that_cancel() -> None:
    found = one({"then": [5, 1, 0], "now": [5, 1, 4], "paused": [5, 1, 0]})
    assert found["feature_names"] == ["late"]
    assert found["feature_changes"] == [0]
    assert (found["change_late"], found["change_ageing"]) == (4, -4)
    assert found["score_change"] == 0


def test_base_and_features_of_one_card_only_belong_to_the_card() -> None:
    found = one(
        {"then": [5, 7, 1], "after_card": [2, 10, 5, 20], "previous_base": 600, "base": 590},
        NEW,
    )
    assert found["change_card"] == -10 - 7 + 1 + 10 + 20
    assert found["feature_names"] == ["ratio", "late", "streak", "limit"]
    assert found["feature_card"] == [-7, 1, 10, 20]
    assert found["score_change"] == found["change_card"]


def test_clip_is_a_part_of_its_own() -> None:
    found = one({"then": [0, 0, 0], "now": [90, 0, 0], "previous_clipped": 5, "clipped": -70})
    assert (found["change_late"], found["change_clipped"]) == (90, -75)
    assert found["score_change"] == 15


def test_states_that_were_not_computed_leave_an_undivided_rest() -> None:
    found = one({"then": [1, 2, 3], "now": None, "paused": None, "before_card": [4, 2, 1]})
    assert found["change_status"] == UNDIVIDED
    assert [found[f"change_{cause}"] for cause in CAUSES] == [None, None, None, 0]
    assert (found["change_undivided"], found["score_change"]) == (1, 1)
    assert found["feature_names"] == ["spend", "late"]
    assert found["feature_changes"] == [3, -2]
    assert (found["feature_late"], found["feature_card"]) == (None, [0, 0])


def test_same_points_by_the_old_card_are_unmoved_without_states() -> None:
    row = {"then": [1, 2, 3], "now": None, "paused": None, "before_card": [1, 2, 3]}
    found = one({**row, "after_card": [3, 0, 9, 4]}, NEW)
    assert found["change_status"] == UNMOVED
    assert [found[f"change_{cause}"] for cause in CAUSES] == [0, 0, 0, 10]
    assert (found["change_undivided"], found["score_change"]) == (0, 10)
    assert found["feature_late"] == [0] * len(found["feature_names"])


def test_card_that_is_gone_leaves_everything_undivided() -> None:
    found = one({"then": [1, 2, 3], "before_card": None, "after_card": [1, 1, 1, 1]}, NEW)
    assert found["change_card"] is None
    assert found["change_undivided"] == found["score_change"] == 4 - 6


points = st.integers(-150, 150)
old_lists = st.lists(points, min_size=len(OLD), max_size=len(OLD))
rows = st.fixed_dictionaries(
    {
        "then": old_lists,
        "now": st.none() | old_lists,
        "paused": st.none() | old_lists,
        "before_card": st.none() | old_lists,
        "after_card": st.lists(points, min_size=len(NEW), max_size=len(NEW)),
        **dict.fromkeys(INTEGERS, st.integers(-600, 600)),
    }
)


@given(st.lists(rows, max_size=6))
def test_parts_add_up_to_the_difference_of_the_scores(drawn: list[dict[str, Any]]) -> None:
    found = decompose(rows_of(*drawn), OLD, NEW).to_pylist()
    assert len(found) == len(drawn)
    for row, result in zip(drawn, found, strict=True):
        then = row["previous_base"] + sum(row["then"]) + row["previous_clipped"]
        now = row["base"] + sum(row["after_card"]) + row["clipped"]
        parts = [result[f"change_{cause}"] for cause in (*CAUSES, "undivided", "clipped")]
        assert result["score_change"] == now - then == sum(part or 0 for part in parts)
        is_divided = None not in (row["now"], row["paused"], row["before_card"])
        is_unmoved = not is_divided and row["then"] == row["before_card"]
        assert (result["change_status"] == DIVIDED) is is_divided
        assert (result["change_status"] == UNMOVED) is is_unmoved
        is_told = is_divided or is_unmoved
        assert not (is_told and result["change_undivided"])
        _check_features(row, result, is_told=is_told)


def _check_features(row: dict[str, Any], result: dict[str, Any], *, is_told: bool) -> None:
    names = result["feature_names"]
    before = dict(zip(OLD, row["then"], strict=True))
    after = dict(zip(NEW, row["after_card"], strict=True))
    for name, change in zip(names, result["feature_changes"], strict=True):
        assert change == after.get(name, 0) - before.get(name, 0)
    for name in set(OLD) | set(NEW):
        assert name in names or before.get(name, 0) == after.get(name, 0)
    if is_told:
        by_feature = zip(*(result[f"feature_{cause}"] for cause in CAUSES), strict=True)
        assert [sum(parts) for parts in by_feature] == result["feature_changes"]
        base = row["base"] - row["previous_base"]
        for cause in CAUSES:
            rest = base if cause == "card" else 0
            assert result[f"change_{cause}"] == sum(result[f"feature_{cause}"]) + rest


@given(st.lists(rows, min_size=2, max_size=6))
def test_a_row_depends_on_that_row_alone(drawn: list[dict[str, Any]]) -> None:
    together = decompose(rows_of(*drawn), OLD, NEW).to_pylist()
    alone = [decompose(rows_of(row), OLD, NEW).to_pylist()[0] for row in drawn]
    assert [row | {"user_key": 0} for row in together] == alone
