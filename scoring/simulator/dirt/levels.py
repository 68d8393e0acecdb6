"""How dirty the feeds are: the chance of every fault, and how many rows a batch may lose to them.

This is the one place for these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

DirtLevel = Literal["none", "light", "heavy"]
DIRT_LEVELS: tuple[DirtLevel, ...] = get_args(DirtLevel)
RowFaultKind = Literal[
    "late",
    "resent",
    "corrected",
    "withdrawn",
    "duplicate",
    "conflicting_key",
    "bad_value",
    "unknown_user",
]
ROW_FAULT_KINDS: tuple[RowFaultKind, ...] = get_args(RowFaultKind)
FileFaultKind = Literal["missing_day", "late_file", "truncated_file", "wrong_total"]
FILE_FAULT_KINDS: tuple[FileFaultKind, ...] = get_args(FileFaultKind)

LONGEST_DELAY_DAYS = 7
LONGEST_USER_DELAY_DAYS = 3
"""Of ``users``: until the row is there, everything else about the user is held."""

_FREE_ROWS = 10
_QUARANTINED_SHARE, _HELD_SHARE = 0.004, 0.02


@dataclass(frozen=True)
class Rates:
    """Chances (0-1): of a row-level fault per clean row, of a file-level one per feed and day.

    Attributes:
        late: The row lands some days later instead of today.
        resent: The row comes again, unchanged, some days later.
        corrected: The row first lands with a wrong value that the contract allows.
        withdrawn: Beside the row lands one that never was; it is deleted some days later.
        duplicate: The row is in the batch twice.
        conflicting_key: Another row of the batch has the same key and says something else.
        bad_value: The row breaks a rule of the contract; the good one comes later.
        unknown_user: Beside the row lands one of a user that ``users`` never names.
        missing_day: The folder is absent; its rows come with the next day's batch.
        late_file: The folder says that there are no rows; they come as a file of their own later.
        truncated_file: Half a file; the rows come again with the next day's batch.
        wrong_total: The control total is wrong; the rows come again with the next day's batch.
    """

    late: float
    resent: float
    corrected: float
    withdrawn: float
    duplicate: float
    conflicting_key: float
    bad_value: float
    unknown_user: float
    missing_day: float
    late_file: float
    truncated_file: float
    wrong_total: float

    def of_rows(self) -> list[float]:
        """Chance of each of ``ROW_FAULT_KINDS``."""
        return [getattr(self, kind) for kind in ROW_FAULT_KINDS]

    def of_files(self) -> list[float]:
        """Chance of each of ``FILE_FAULT_KINDS``."""
        return [getattr(self, kind) for kind in FILE_FAULT_KINDS]


LIGHT = Rates(
    late=0.0003,
    resent=0.00015,
    corrected=0.00015,
    withdrawn=0.0001,
    duplicate=0.00008,
    conflicting_key=0.00004,
    bad_value=0.0001,
    unknown_user=0.00008,
    missing_day=1 / 1460,
    late_file=1 / 1460,
    truncated_file=1 / 1460,
    wrong_total=1 / 1460,
)
"""A row in a thousand; each feed loses a day about once a year."""

HEAVY = Rates(
    late=0.003,
    resent=0.0015,
    corrected=0.0015,
    withdrawn=0.001,
    duplicate=0.0008,
    conflicting_key=0.0004,
    bad_value=0.001,
    unknown_user=0.0008,
    missing_day=1 / 56,
    late_file=1 / 56,
    truncated_file=1 / 56,
    wrong_total=1 / 56,
)
"""A row in a hundred; each feed loses a day about once a fortnight."""

RATES: dict[DirtLevel, Rates | None] = {"none": None, "light": LIGHT, "heavy": HEAVY}


@dataclass
class Budget:
    """Rows that one batch may still lose in one shard.

    Attributes:
        quarantined: Rows that break a rule.
        held: Rows of users not known yet.
    """

    quarantined: int
    held: int


def make_budget(rows: int, day: int, shard: int, shard_count: int) -> Budget:
    """What a shard may lose of a batch of which it lands at least about ``rows`` rows.

    Ingest refuses a batch with more than the larger of 20 rows and 1 % quarantined (5 % held).
    The shards share out half the rows, another part to each every day, and each may lose less than
    half the share: together they stay within the limit, however the rows are spread.

    >>> make_budget(rows=50_000, day=3, shard=0, shard_count=20)
    Budget(quarantined=200, held=1000)
    >>> make_budget(rows=30, day=3, shard=0, shard_count=1)
    Budget(quarantined=10, held=10)
    """
    free = (_FREE_ROWS + (day + shard) % shard_count) // shard_count
    return Budget(
        max(free, int(_QUARANTINED_SHARE * rows)),
        max(free, int(_HELD_SHARE * rows)),
    )
