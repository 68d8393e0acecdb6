"""What lands of one feed on one day, once dirt has been at it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class DayFiles:
    """The files of one feed, day and shard, and what is wrong with them as a whole.

    Attributes:
        tables: One file each, in this order; tables of one file share their columns.
        is_absent: The landing folder does not exist that day (``tables`` is empty then).
        is_cut: The first file loses the second half of its bytes.
        has_wrong_total: ``_control.json`` says more than the files hold.
    """

    tables: tuple[pa.Table, ...] = ()
    is_absent: bool = False
    is_cut: bool = False
    has_wrong_total: bool = False
