"""A key's hash depends on the key alone."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.simulator.dirt.hashing import NO_HASHES, contain, draw_bits, hash_keys, to_numbers

MOMENTS = [datetime.fromisoformat(f"2024-01-01 10:00:0{second}") for second in range(2)]
TEXTS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    min_size=1,
)


@given(TEXTS)
def test_a_row_hashes_alike_alone_and_among_others(texts: list[str]) -> None:
    table = pa.table({"key": texts})
    together = hash_keys(table, ("key",))
    alone = [hash_keys(pa.table({"key": [text]}), ("key",))[0] for text in texts]
    assert together.tolist() == alone
    assert hash_keys(table.slice(1), ("key",)).tolist() == together.tolist()[1:]
    assert len(set(alone)) == len(set(texts))


def test_every_key_column_counts() -> None:
    one, two = MOMENTS
    rows = [("a", 1, one), ("a", 2, one), ("b", 1, one), ("a", 1, two)]
    table = pa.table(dict(zip("xyz", zip(*rows, strict=True), strict=True)))
    assert len(set(hash_keys(table, tuple("xyz")).tolist())) == len(rows)


def test_draws_of_days_and_purposes_have_nothing_to_do_with_each_other() -> None:
    keys = hash_keys(pa.table({"key": [str(number) for number in range(4000)]}), ("key",))
    draws = [to_numbers(draw_bits(keys, code, day)) for code, day in ((1, 5), (1, 6), (2, 5))]
    for draw in draws:
        assert draw.mean() == pytest.approx(0.5, abs=0.02)
        assert (draw < 0.01).mean() == pytest.approx(0.01, abs=0.005)
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 0.05


def test_contain_finds_the_few_among_the_many() -> None:
    many = np.array([5, 1, 9, 5], dtype=np.uint64)
    assert contain(np.array([5, 9], dtype=np.uint64), many).tolist() == [True, False, True, True]
    assert contain(NO_HASHES, many).tolist() == [False] * 4
