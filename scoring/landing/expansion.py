"""Files that claim or unpack to far more than they weigh: refused before they are read."""

from __future__ import annotations

ALWAYS_TOLERATED_BYTES = 100_000_000
ALWAYS_TOLERATED_ROWS = 1_000_000
MAX_BYTES_PER_BYTE = 200
"""Unpacked bytes per byte of a file; ten times what real feeds reach."""

MAX_ROWS_PER_BYTE = 20
"""Parquet rows per byte of a file: keys differ, so each row takes room."""


def largest_unpacked(size: int) -> int:
    """Bytes that a file of ``size`` bytes may unpack to.

    Example:
        >>> largest_unpacked(1_000), largest_unpacked(1_000_000)
        (100000000, 200000000)
    """
    return max(ALWAYS_TOLERATED_BYTES, MAX_BYTES_PER_BYTE * size)


def most_rows(size: int) -> int:
    """Rows that a Parquet file of ``size`` bytes may claim."""
    return max(ALWAYS_TOLERATED_ROWS, MAX_ROWS_PER_BYTE * size)
