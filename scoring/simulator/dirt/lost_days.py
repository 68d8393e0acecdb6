"""A day's batch that does not arrive as it should: what lands of it instead, and when it comes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from scoring.simulator.batches import FileFormat
from scoring.simulator.dirt.blocks import Block
from scoring.simulator.dirt.day_files import DayFiles
from scoring.simulator.dirt.file_faults import FileFault
from scoring.simulator.dirt.hashing import Hashes
from scoring.simulator.dirt.ledger import Fault
from scoring.simulator.dirt.levels import FileFaultKind

_TEXT_FORMATS: frozenset[FileFormat] = frozenset({"csv", "jsonl"})
_FEWEST_LINES = 4
"""Half of fewer lines of text may still be as many lines, or no whole header."""


@dataclass(frozen=True)
class LostDay:
    """The clean rows of a lost day, until they have arrived.

    Attributes:
        arrives: Day number of the batch that brings them.
        is_own_file: They come as a file of their own.
    """

    block: Block
    arrives: int
    is_own_file: bool

    def without(self, newer: Hashes) -> LostDay:
        """Without the rows of which a newer version has landed meanwhile."""
        return replace(self, block=self.block.without(newer))


def lose_day(
    feed: str, fault: FileFault, table: pa.Table | None, file_format: FileFormat
) -> tuple[DayFiles, Fault | None]:
    """What lands on a day that goes wrong, and the ledger's word on it.

    A day without rows has no file that could be late, cut or miscounted.
    """
    rows = 0 if table is None else table.num_rows
    kind: FileFaultKind = fault.kind
    if kind == "truncated_file" and file_format in _TEXT_FORMATS and rows < _FEWEST_LINES:
        kind = "wrong_total"
    entry = Fault(kind, feed, fault.day, "late", arrives=fault.arrives, row_count=rows)
    if kind == "missing_day":
        return DayFiles(is_absent=True), replace(entry, outcome="absent")
    if table is None:
        return DayFiles(), None
    if kind == "late_file":
        return DayFiles(), entry
    entry = replace(entry, outcome="refused", rule="control_rows")
    if kind == "wrong_total":
        return DayFiles((table,), has_wrong_total=True), entry
    if file_format not in _TEXT_FORMATS:
        entry = replace(entry, rule="unreadable")
    return DayFiles((table,), is_cut=True), entry
