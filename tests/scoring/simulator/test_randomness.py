from __future__ import annotations

import numpy as np
import pytest

from scoring.simulator.randomness import Randomness, poisson


def test_numbers_do_not_depend_on_the_population() -> None:
    small, large = Randomness(7, 50), Randomness(7, 5000)
    np.testing.assert_array_equal(small.uniform("x", 19_000), large.uniform("x", 19_000)[:50])
    users, item = np.array([3, 3, 41]), np.array([0, 1, 0])
    np.testing.assert_array_equal(
        small.normal("y", 5, users, item), large.normal("y", 5, users, item)
    )


def test_numbers_differ_by_seed_day_purpose_and_item() -> None:
    random, users = Randomness(7, 10), np.arange(10)
    usual = random.uniform("x", 1, users)
    assert not np.isin(Randomness(8, 10).uniform("x", 1, users), usual).any()
    assert not np.isin(random.uniform("x", 2, users), usual).any()
    assert not np.isin(random.uniform("y", 1, users), usual).any()
    assert not np.isin(random.uniform("x", 1, users, users + 1), usual).any()


def test_numbers_are_uniform_and_normal_and_unrelated() -> None:
    random = Randomness(1, 200_000)
    one, other = random.uniform("one"), random.uniform("other")
    assert one.min() > 0
    assert one.max() < 1
    assert one.mean() == pytest.approx(0.5, abs=0.003)
    assert one.var() == pytest.approx(1 / 12, abs=0.001)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.01
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.01
    normal = random.normal("n")
    assert normal.mean() == pytest.approx(0, abs=0.01)
    assert normal.std() == pytest.approx(1, abs=0.01)


def test_poisson_inverts_the_distribution() -> None:
    # P(0) = 0.3679, P(<=1) = 0.7358, P(<=2) = 0.9197 at mean 1
    uniform = np.array([0.36, 0.37, 0.73, 0.74, 0.91, 0.92])
    assert poisson(uniform, np.ones(6)).tolist() == [0, 1, 1, 2, 2, 3]
    draws = poisson(Randomness(1, 100_000).uniform("p"), np.full(100_000, 2.5))
    assert draws.mean() == pytest.approx(2.5, abs=0.03)
    assert draws.var() == pytest.approx(2.5, abs=0.06)


def test_integers_cover_their_range_evenly() -> None:
    counts = np.bincount(Randomness(1, 60_000).integer("dice", 1, 6))
    assert counts[0] == 0
    assert counts[1:].min() > 9500
