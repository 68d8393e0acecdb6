from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from scoring.errors import ConfigurationError
from scoring.validation.case import NOT_KNOWN, Grouping
from scoring.validation.groupings import (
    group_bands,
    group_by_column,
    group_by_feature,
    group_decades,
)
from scoring.validation.slices import group_by_month, hide_small, slice_case
from tests.scoring.validation.small_cases import small_case, small_table

ROWS = 400
LATE = [0, 0, 0, 5] * 100
BAD = [0, 0, 1, 1] * 100
NAMES = np.array(["a"] * 200 + ["b"] * 160 + ["c"] * 40)
# Of b every second good row is late too: fewer approvals than a.
LATE_IN_B = LATE[:200] + [0, 5] * 80 + LATE[360:]


def test_small_group_is_not_shown() -> None:
    case = small_case(small_table(LATE, BAD))
    found = slice_case(case, Grouping("kind", NAMES))
    assert [entry.name for entry in found.slices] == ["a", "b"]
    assert found.hidden == 1


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 500, "b": 60}, set()),
        ({"a": 500, "b": 60, "c": 20}, {"c"}),
        ({"a": 500, "b": 60, "c": 3}, {"b", "c"}),
        ({"a": 500, "b": 60, "c": 3, "d": 7}, {"c", "d"}),
        ({"a": 3}, {"a"}),
    ],
)
def test_hidden_rows_cannot_be_told_from_the_rest(counts: dict[str, int], hidden: set[str]) -> None:
    assert hide_small(counts, 50) == hidden


def test_figures_of_a_group_by_hand() -> None:
    case = small_case(small_table(LATE_IN_B, BAD), cut_off=600)
    first, second = slice_case(case, Grouping("kind", NAMES)).slices
    assert (first.rows, first.bads, first.observed) == (200, 100, 0.5)
    # Scores of a: 3 of 4 rows 620, 1 of 4 rows 560.
    assert first.mean_score == pytest.approx(605)
    assert (first.approval, second.approval) == (0.75, 0.5)
    assert (first.impact, second.impact) == (1, pytest.approx(2 / 3))
    assert (first.is_adverse, second.is_adverse) == (False, True)
    # 560 parts half of the bads from all goods; the rest is tied: 1/2 + 1/2 * 1/2.
    assert (first.auc, first.ks) == (0.75, 0.5)
    stated = 1 / (1 + np.exp(-(11.09 - 0.02 * np.array([620, 620, 620, 560]))))
    assert first.expected == pytest.approx(stated.mean())
    assert first.observed_to_expected.value == pytest.approx(0.5 / stated.mean())


def test_rows_of_training_are_no_judges() -> None:
    parts = {"training": range(200), "held_out": range(200, 400)}
    case = small_case(small_table(LATE, BAD), parts)
    found = slice_case(case, Grouping("kind", NAMES))
    assert [(entry.name, entry.rows) for entry in found.slices] == [("b", 160)]
    assert found.slices[0].impact is None


def test_group_with_few_bads_has_no_auc() -> None:
    bad = [*BAD[:200], *([1] * 9 + [0] * 151), *BAD[360:]]
    case = small_case(small_table(LATE, bad))
    _, second = slice_case(case, Grouping("kind", NAMES)).slices
    assert (second.auc, second.ks) == (None, None)
    assert second.bads == 9


def test_no_large_group_leaves_an_empty_table() -> None:
    case = dataclasses.replace(small_case(small_table(LATE, BAD)), floor_rows=1000)
    found = slice_case(case, Grouping("kind", NAMES))
    assert (found.slices, found.hidden) == ((), 3)


def test_many_dates_become_months() -> None:
    days = np.datetime64("2024-01-01") + np.arange(60)
    assert set(group_by_month(days).names) == {"2024-01", "2024-02"}
    ends = np.array(["2024-01-31", "2024-02-29"], "datetime64[D]")
    assert group_by_month(ends).shown() == ("2024-01-31", "2024-02-29")


def test_codes_stay_and_many_numbers_are_cut_in_quarters() -> None:
    table = pa.table(
        {"code": [1, 2, None] * 34, "age": list(range(102)), "sex": ["f", "m", None] * 34}
    )
    assert group_by_column(table, "code").shown() == ("1", "2", NOT_KNOWN)
    assert group_by_column(table, "sex").shown() == ("f", "m", NOT_KNOWN)
    age = group_by_column(table, "age")
    assert age.shown() == ("below 26", "26 to < 51", "51 to < 76", "76 or more")
    assert sum(name == "below 26" for name in age.names) == 26


def test_candidate_column_can_be_a_segment() -> None:
    grouping = group_by_feature(small_table([0, 2, None], [0, 1, 0]), "late")
    assert grouping.names.tolist() == ["0", "2", NOT_KNOWN]


def test_bands_and_decades() -> None:
    values, missing = np.array([0.0, 3, 24, 0]), np.array([False, False, False, True])
    bands = group_bands("months", values, missing, (3, 6, 12, 24))
    assert bands.names.tolist() == ["below 3", "3 to < 6", "24 or more", NOT_KNOWN]
    years = group_decades("birth", np.array([1987.0, 1990, 0]), np.array([False, False, True]))
    assert years.names.tolist() == ["1980 to 1989", "1990 to 1999", NOT_KNOWN]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shoes", r"^grouping refused for shoes: expected a column; there are word, got none\. "),
        ("word", r"^grouping refused for word: expected at most 60 different values, got 100\. "),
    ],
)
def test_wrong_column_is_refused(name: str, message: str) -> None:
    table = pa.table({"word": [f"w{number}" for number in range(100)]})
    with pytest.raises(ConfigurationError, match=message):
        group_by_column(table, name)
