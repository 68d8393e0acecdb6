"""What an ingest did, batch by batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from scoring.recording import StepReport

Outcome = Literal["loaded", "unchanged", "refused"]


@dataclass(frozen=True)
class BatchResult:
    """One batch of one ingest; ``rows_read = rows_loaded + rows_held + rows_quarantined``."""

    feed: str
    dt: date
    outcome: Outcome
    rows_read: int = 0
    rows_loaded: int = 0
    rows_held: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    extra_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class IngestReport:
    """Every batch that was looked at, and what deserves a second look."""

    batches: tuple[BatchResult, ...] = ()
    warnings: tuple[str, ...] = ()
    row_counts: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        counts = Counter[str](rows_read=0, rows_loaded=0, rows_held=0, rows_quarantined=0)
        for batch in self.batches:
            counts[f"batches_{batch.outcome}"] += 1
            if batch.outcome == "loaded":
                counts["rows_read"] += batch.rows_read
                counts["rows_loaded"] += batch.rows_loaded
                counts["rows_held"] += batch.rows_held
                counts["rows_quarantined"] += batch.rows_quarantined
                counts["rows_duplicate"] += batch.rows_duplicate
        object.__setattr__(self, "row_counts", dict(counts))

    @property
    def summary(self) -> str:
        """One line: batches, and rows read as loaded + held + quarantined."""
        counts = Counter(self.row_counts)
        line = (
            f"{counts['batches_loaded']} batches loaded, {counts['batches_unchanged']} unchanged; "
            f"{counts['rows_read']:,} rows read = {counts['rows_loaded']:,} loaded + "
            f"{counts['rows_held']:,} held + {counts['rows_quarantined']:,} quarantined"
        )
        return line + (f"; {len(self.warnings)} warnings" if self.warnings else "")

    def to_step_report(self) -> StepReport:
        """The same for ``ops.step_runs``."""
        return StepReport(self.summary, self.row_counts)
