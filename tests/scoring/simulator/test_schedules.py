"""Instalments of 1,000.00 CNY in three parts at 0.05 % a day (1.5 % a month), redone by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.simulator.arrays import NULL, rank_in_group
from scoring.simulator.schedules import (
    EQUAL_INSTALLMENT,
    EQUAL_PRINCIPAL,
    INTEREST_FIRST,
    principal_parts,
    split_evenly,
)


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        # 100000 * 0.015 / (1.015^3 - 1) = 32838.30, then times 1.015
        (EQUAL_INSTALLMENT, [32_838, 33_331, 33_831]),
        (EQUAL_PRINCIPAL, [33_333, 33_333, 33_334]),
        (INTEREST_FIRST, [0, 0, 100_000]),
    ],
)
def test_principal_parts(method: int, parts: list[int]) -> None:
    owner = np.zeros(3, dtype=np.int64)
    rows = {
        "principal": np.array([100_000]),
        "method": np.array([method]),
        "rate": np.array([50_000]),
    }
    assert principal_parts(rows, np.array([3]), owner, rank_in_group(owner)).tolist() == parts


def test_plans_without_a_rate_split_the_principal_evenly() -> None:
    owner = np.zeros(3, dtype=np.int64)
    rows = {
        "principal": np.array([100_001]),
        "method": np.array([EQUAL_PRINCIPAL]),
        "rate": np.array([NULL]),
    }
    parts = principal_parts(rows, np.array([3]), owner, rank_in_group(owner))
    assert parts.tolist() == [33_333, 33_333, 33_335]


def test_a_fee_is_split_with_the_rest_in_the_last_part() -> None:
    assert split_evenly(np.array([250, 100]), np.array([3, 6])).tolist() == [
        *[83, 83, 84],
        *[16, 16, 16, 16, 16, 20],
    ]
