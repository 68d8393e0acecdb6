"""How many days go through dbt at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scoring.backfill.chunks import MOST_NIGHTS, chunk, memory_bytes, nights_at_once
from scoring.nights import Night
from scoring.settings import Settings

NIGHTS = [Night(date(2025, 1, 1) + timedelta(days=n), date(2025, 2, 1), "run") for n in range(5)]


@pytest.mark.parametrize(
    ("limit", "users", "expected"),
    [
        ("6GB", 100_000, 8),
        ("6GB", 2_000_000, 1),
        ("6GB", 100, MOST_NIGHTS),
        ("6GB", 0, MOST_NIGHTS),
        ("500MB", 20_000, 3),
    ],
)
def test_as_many_as_fit_into_memory(limit: str, users: int, expected: int) -> None:
    assert nights_at_once(Settings(memory_limit=limit), users) == expected


def test_every_night_is_in_one_chunk_in_order() -> None:
    assert chunk(NIGHTS, 2) == [NIGHTS[:2], NIGHTS[2:4], NIGHTS[4:]]
    assert chunk(NIGHTS, 31) == [NIGHTS]
    assert chunk([], 3) == []


@pytest.mark.parametrize(
    ("limit", "expected"), [("1GB", 10**9), ("1.5GiB", 3 * 2**29), ("512 MB", 512 * 10**6)]
)
def test_limits_are_read_in_their_units(limit: str, expected: int) -> None:
    assert memory_bytes(limit) == expected


def test_text_that_is_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="no size: much"):
        memory_bytes("much")
