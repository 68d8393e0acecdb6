from __future__ import annotations

import base64
import dataclasses
import re

import numpy as np
import pytest

from scoring.validation.case import Case
from scoring.validation.cases import case_of_training
from scoring.validation.findings import find_all
from scoring.validation.groupings import group_by_column
from scoring.validation.limits import find_limits
from scoring.validation.options import ReportOptions
from scoring.validation.page import render_report
from tests.scoring.training.tables import made_table, trained, with_column
from tests.scoring.validation.small_cases import small_case, small_table

ROWS = 1500


def made_case() -> Case:
    random = np.random.default_rng(3)
    made = with_column(made_table(ROWS), "gender", random.choice(["female", "male"], ROWS).tolist())
    regions = random.choice(["north", "south", "island"], ROWS, p=[0.6, 0.37, 0.03]).tolist()
    made = with_column(made, "region", regions)
    result = trained(made, date_column="day", exclude=["gender", "region"])
    return case_of_training(
        result,
        ReportOptions(),
        protected=tuple(group_by_column(made, name) for name in ("gender", "region")),
        segments=(group_by_column(made, "late"),),
    )


@pytest.fixture(scope="module")
def case() -> Case:
    return made_case()


@pytest.fixture(scope="module")
def page(case: Case) -> str:
    return render_report(case, find_all(case))


def test_page_needs_nothing_beside_it(page: str) -> None:
    outside = re.findall(r"""(?:src|href|data|action)=["'](?!data:|#)([^"']*)""", page)
    assert outside == []
    assert not re.search(r"https?://|<script|<link|@import|url\(", page)
    pictures = [
        base64.b64decode(text).decode() for text in re.findall(r"svg\+xml;base64,([^\"]+)", page)
    ]
    assert len(pictures) >= 10
    for picture in pictures:
        assert picture.startswith("<svg")
        # The names of XML's own vocabularies are no addresses that anything is fetched from.
        bare = re.sub(r'xmlns(:\w+)?="[^"]*"', "", picture)
        assert not re.search(r"https?://|<script|@import|<image", bare)
        assert "prefers-color-scheme:dark" in picture


def test_every_picture_has_words(page: str) -> None:
    assert re.findall(r"<img (?![^>]*alt=\"[^\"]{10,}\")", page) == []


def test_page_is_the_same_bytes_when_made_again(page: str) -> None:
    again = made_case()
    assert render_report(again, find_all(again)) == page


def test_small_group_stands_nowhere(page: str) -> None:
    assert "island" not in page
    assert "Region: 1 group not shown" in page
    assert ">north<" in page


def test_no_subject_stands_in_the_page(case: Case, page: str) -> None:
    text = re.sub(r"base64,[^\"]+", "", page)
    assert case.table.ids is not None
    assert not set(re.findall(r"\bp\d+\b", text)) & set(case.table.ids)


def test_every_part_of_the_report_is_there(page: str) -> None:
    for title in (
        "Limits of the card", "Data and definitions", "Features and points", "Separation",
        "Calibration", "Stability", "By vintage", "By segment and evidence",
        "Beside a gradient-boosting model", "Protected groups", "How it was made",
    ):  # fmt: skip
        assert f"{title}</h2>" in page
    for words in ("out-of-time", "sha256:", "Thin and thick files", "Std. error", "2024-12"):
        assert words in page


def test_challenger_is_judged_on_the_same_parts(case: Case) -> None:
    challenge = find_all(case).challenge
    assert challenge is not None
    assert [duel.part for duel in challenge.duels] == list(case.parts)
    assert (challenge.column_count, challenge.constrained_count) == (3, 2)
    training, held_out, late = challenge.duels
    assert training.gap is None
    for duel in (held_out, late):
        assert duel.gap is not None
        assert duel.gap.value == pytest.approx(duel.challenger_auc - duel.card_auc, abs=1e-9)
        assert duel.gap.low < duel.gap.value < duel.gap.high
        assert 0.65 < duel.challenger_auc < 0.9


LATE = [0, 0, 0, 5] * 100
BAD = [0, 0, 1, 1] * 100


@pytest.mark.parametrize(("outcome", "said"), [(0, "only good rows"), (1, "only bad rows")])
def test_part_of_one_class_is_said_and_does_not_stop(outcome: int, said: str) -> None:
    table = small_table(LATE, BAD)
    alike = np.flatnonzero(table.target == outcome)
    parts = {"training": range(200), "held_out": alike[alike >= 200]}
    case = small_case(table, parts)
    page = render_report(case, find_all(case))
    assert f"not measured: {said}" in page
    assert f"The held-out part holds {said}: separation is not measured." in page


def test_new_data_alone_says_what_is_missing() -> None:
    case = small_case(small_table(LATE, BAD))
    findings = find_all(case)
    page = render_report(case, findings)
    assert findings.challenge is None
    assert "Not trained: the card's training rows are not at hand." in page
    assert "There is one part only" in page
    assert "The rows carry no date" in page
    assert "No protected attribute was at hand" in page


def limits_of(case: Case) -> str:
    return "\n".join(find_limits(case, find_all(case)))


def test_limits_name_few_bads_and_no_later_rows() -> None:
    parts = {"training": range(200), "held_out": range(200, 400)}
    said = limits_of(small_case(small_table(LATE, BAD), parts))
    assert "Few bad rows: 100 of 200 in the training part (fewer than 200)" in said
    assert "No out-of-time part" in said


def test_limits_name_drift_and_wrong_probabilities() -> None:
    late = LATE[:200] + [5, 5, 5, 0] * 50
    parts = {"training": range(200), "out_of_time": range(200, 400)}
    said = limits_of(small_case(small_table(late, BAD), parts))
    assert re.search(r"Scores of the out-of-time part show another population: index \d", said)
    assert "Features that drift on the out-of-time part: late (" in said
    assert "Risk is " in said


def test_limits_repeat_what_training_and_warehouse_said() -> None:
    case = dataclasses.replace(
        small_case(
            small_table(LATE, BAD), {"training": range(200), "out_of_time": range(200, 400)}
        ),
        warnings=("LEAK SUSPECTED: late alone has an AUC of 0.9999.",),
        facts={
            "name": "warehouse",
            "label_rules": {"window_months": 12, "bad_days": 90, "indeterminate_days": 30},
            "label_counts": {"bad": 200, "good": 200, "no credit": 1234},
            "known_basis": "3 batches of a history load: their known dates are assumed",
        },
    )
    first, *rest = find_limits(case, find_all(case))
    assert first.startswith("LEAK SUSPECTED")
    said = "\n".join(rest)
    assert "1,234 rows without credit have no outcome" in said
    assert "their known dates are assumed" in said
    assert "windows of 12 months overlap" in said
    page = render_report(case, find_all(case))
    assert "90 or more days past due on any day of the window" in page
    assert "the worst day has 30 or more days past due but fewer than 90: left out" in page
