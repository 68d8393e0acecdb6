"""How many days go through dbt in one invocation: as many as fit into memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from scoring.nights import Night
from scoring.settings import Settings

BYTES_PER_USER_NIGHT = 7_000
"""Memory of a build per user and night: 6 to 7 GiB at a million users."""
MOST_NIGHTS = 31
"""Beyond a month the fixed cost of an invocation is spread thin enough."""

_UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}


def count_users(connection: duckdb.DuckDBPyConnection) -> int:
    """Users that a night lists, at most."""
    row = connection.execute("select count(*) from ops.known_users").fetchone()
    return int(row[0]) if row else 0


def nights_at_once(settings: Settings, users: int) -> int:
    """Nights per dbt invocation for so many users, from the memory limit.

    >>> nights_at_once(Settings(memory_limit="6GB"), 100_000)
    8
    """
    fitting = memory_bytes(settings.memory_limit) // (max(users, 1) * BYTES_PER_USER_NIGHT)
    return max(1, min(MOST_NIGHTS, fitting))


def memory_bytes(limit: str) -> int:
    """``6GB`` or ``512 MiB`` as a number of bytes."""
    found = re.fullmatch(r"([\d.]+)\s*([A-Za-z]+)", limit)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"no size: {limit}")
    return int(float(found[1]) * _UNITS[found[2]])


def chunk(nights: Sequence[Night], size: int) -> list[list[Night]]:
    """The nights in their order, ``size`` at a time."""
    return [list(nights[start : start + size]) for start in range(0, len(nights), size)]
