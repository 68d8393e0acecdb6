from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.training.binning import RULE_ROWS, bin_column, make_binning
from scoring.training.draft import edge_text
from scoring.training.parameters import TrainingParameters
from scoring.training.table import Column
from tests.scoring.training.tables import trained

MILLION = 1_000_000


def column(values: list[float | None]) -> Column:
    whole = [0 if value is None else round(value * MILLION) for value in values]
    missing = [value is None for value in values]
    return Column("x", np.array(whole, np.int64), np.array(missing, np.bool_))


def test_counts_and_weights_by_hand() -> None:
    values = [0.0] * 40 + [1.0] * 40 + [None] * 40
    target = np.array([1] * 10 + [0] * 30 + [1] * 20 + [0] * 20 + [1] * 30 + [0] * 10, np.int8)
    binning = make_binning(column(values), target, np.arange(120), np.array([MILLION]))
    assert binning.goods.tolist() == [30, 20, 10]
    assert binning.bads.tolist() == [10, 20, 30]
    assert binning.woe == pytest.approx([math.log(30.5 / 10.5), 0, math.log(10.5 / 30.5)])
    assert binning.monotone == "decreasing"
    assert binning.group_of(column([0.999999, 1.0, None])).tolist() == [0, 1, 2]


def test_rare_missing_values_tell_nothing() -> None:
    values = [0.0, 1.0] * 50 + [None] * (RULE_ROWS - 1)
    target = np.array([0, 1] * 50 + [1] * (RULE_ROWS - 1), np.int8)
    binning = make_binning(column(values), target, np.arange(target.size), np.array([MILLION]))
    assert binning.woe[-1] == 0
    assert binning.is_told.tolist() == [True, True, False]


def test_special_value_cuts_a_bin_in_two_halves_of_one_group() -> None:
    values = [0.0, 1.0, 2.0, 3.0, 5.0, 6.0] * 10
    target = np.array([0, 1, 0, 1, 0, 1] * 10, np.int8)
    binning = make_binning(
        column(values), target, np.arange(60), np.array([4 * MILLION]), [2 * MILLION]
    )
    assert binning.edges.tolist() == [2 * MILLION, 2 * MILLION + 1, 4 * MILLION]
    assert binning.groups.tolist() == [0, 2, 0, 1, 3]
    assert binning.goods.tolist() == [10, 10, 10, 0]
    assert binning.code_goods.tolist() == [10, 10, 0, 10, 0]


def test_edges_are_rounded_before_anything_is_counted() -> None:
    random = np.random.default_rng(5)
    values = (random.random(4000) * 3e-6).tolist()
    subject = column(values)
    target = (np.array(values) > 1.6e-6).astype(np.int8)
    target[::7] = 1 - target[::7]
    binning = bin_column(subject, target, np.arange(4000), TrainingParameters())
    assert binning is not None
    assert set(binning.edges.tolist()) <= {1, 2, 3}
    found = np.bincount(binning.group_of(subject), minlength=binning.group_count)
    assert (found == binning.goods + binning.bads).all()


def test_declared_direction_binds() -> None:
    random = np.random.default_rng(2)
    values = random.normal(0, 1, 2000).round(2)
    target = (random.random(2000) < 1 / (1 + np.exp(1.5 - values))).astype(np.int8)
    subject, rows = column(values.tolist()), np.arange(2000)
    risky = bin_column(subject, target, rows, TrainingParameters(), "lower_is_better")
    assert risky is not None
    assert risky.monotone == "decreasing"
    assert bin_column(subject, target, rows, TrainingParameters(), "higher_is_better") is None


def test_edges_read_as_decimals() -> None:
    assert [edge_text(n) for n in (1, -500_000, 3 * MILLION, 0, 10 * MILLION)] == [
        "0.000001",
        "-0.5",
        "3",
        "0",
        "10",
    ]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), slope=st.floats(-1.5, 1.5), turn=st.floats(-0.8, 0.8))
def test_monotone_bins_earn_monotone_points(seed: int, slope: float, turn: float) -> None:
    """Whatever the data, with trend = monotone no better value earns less than a worse one."""
    random = np.random.default_rng(seed)
    x = random.normal(0, 1, 1500).round(1)
    z = (x + random.normal(0, 1, 1500)).round(1)
    log_odds = 1 + slope * x + turn * x * x + z
    table = pa.table(
        {
            "x": x,
            "z": z,
            "y": (random.random(1500) > 1 / (1 + np.exp(-log_odds))).astype(np.int8),
        }
    )
    parameters = TrainingParameters(
        trend="monotone", maximum_prebins=6, minimum_iv=0, cross_check=-9
    )
    result = trained(table, parameters, id_column=None, exclude=[])
    for feature in result.card.features:
        steps = np.diff([part.points for part in feature.bins])
        assert feature.monotone != "none"
        sign = 1 if feature.monotone == "increasing" else -1
        assert (steps * sign > 0).all()
