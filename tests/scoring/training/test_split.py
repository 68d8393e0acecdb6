from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from scoring.errors import DataRefusedError
from scoring.training.parameters import TrainingParameters
from scoring.training.split import fold_numbers, split_table
from tests.scoring.training.tables import made_table, taken_apart, with_column

MADE = made_table(1000)
APART = taken_apart(MADE, id_column="id", exclude=["day"])


def test_each_class_gives_its_share() -> None:
    split = split_table(APART, TrainingParameters(held_out_share=0.2))
    bads = int(APART.target.sum())
    assert int(APART.target[split.held_out].sum()) == round(bads * 0.2)
    assert split.held_out.size == round(bads * 0.2) + round((1000 - bads) * 0.2)
    assert set(split.held_out) | set(split.training) == set(range(1000))
    assert not set(split.held_out) & set(split.training)


def test_one_subject_is_never_on_both_sides() -> None:
    ids = [f"p{number % 250}" for number in range(1000)]
    days = [date(2024, 1, 1 + number // 250) for number in range(1000)]
    table = MADE.drop_columns(["id", "day"])
    table = with_column(with_column(table, "id", ids), "day", days)
    apart = taken_apart(table, id_column="id", date_column="day")
    split = split_table(apart, TrainingParameters(out_of_time_share=0))
    held = {ids[row] for row in split.held_out}
    assert held
    assert not held & {ids[row] for row in split.training}


def test_first_date_out_of_time_can_be_named() -> None:
    apart = taken_apart(MADE, id_column="id", date_column="day")
    split = split_table(apart, TrainingParameters(out_of_time_from="2024-10-01"))
    assert split.out_of_time_from == "2024-10-01"
    assert apart.dates is not None
    assert set(split.out_of_time) == set(np.flatnonzero(apart.dates >= np.datetime64("2024-10-01")))


def test_nothing_left_to_train_on_is_refused() -> None:
    apart = taken_apart(MADE, id_column="id", date_column="day")
    with pytest.raises(DataRefusedError, match=r"expected rows for training and held out, got 0"):
        split_table(apart, TrainingParameters(out_of_time_from="2020-01-01"))


def test_folds_are_of_equal_size_and_seeded() -> None:
    subjects = [str(number) for number in range(103)]
    folds = fold_numbers(subjects, 4, 7)
    assert sorted(np.bincount(folds)) == [25, 26, 26, 26]
    assert (folds == fold_numbers(subjects, 4, 7)).all()
    assert (folds != fold_numbers(subjects, 4, 8)).any()


def test_rows_of_a_subject_are_in_one_fold() -> None:
    folds = fold_numbers(["a", "b", "a", "c", "b"], 2, 7)
    assert folds[0] == folds[2]
    assert folds[1] == folds[4]
    assert set(folds.tolist()) == {0, 1}
