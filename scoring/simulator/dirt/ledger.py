"""The ledger: every fault that was injected, and what should become of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

Outcome = Literal[
    "late",
    "superseded",
    "resent",
    "corrected",
    "withdrawn",
    "quarantined",
    "held",
    "absent",
    "refused",
]
_FLUSH_ROWS = 50_000


def _describe(name: str, kind: pa.DataType, text: str, *, required: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=not required, metadata={"description": text})


LEDGER_SCHEMA = pa.schema(
    [
        _describe(
            "kind",
            pa.string(),
            "What was done: late, resent, corrected, withdrawn, duplicate, conflicting_key, "
            "bad_value, unknown_user (of a user that no users row ever names), late_user (of a "
            "user whose first users row has not landed yet); and to a whole batch: missing_day, "
            "late_file, truncated_file, wrong_total.",
            required=True,
        ),
        _describe("feed", pa.string(), "The feed.", required=True),
        _describe(
            "dt",
            pa.date32(),
            "Batch that the fault is in; of what comes late, the batch in which it is missed.",
            required=True,
        ),
        _describe(
            "key",
            pa.string(),
            "Values of the feed's key columns as they should be, joined by |; empty for a whole "
            "batch.",
        ),
        _describe(
            "rule",
            pa.string(),
            "Rule by which ingest quarantines the row, or refuses the batch; else empty.",
        ),
        _describe("column_name", pa.string(), "Column at fault, if the rule is about one."),
        _describe(
            "outcome",
            pa.string(),
            "What becomes of it: late (lands later), superseded (never lands, as a newer version "
            "came first), resent, corrected, withdrawn; quarantined or held by ingest; of a batch: "
            "absent (no folder), late or refused.",
            required=True,
        ),
        _describe(
            "arrives_dt",
            pa.date32(),
            "Batch from which on the feed says what it should: with the right row, its "
            "repetition, its withdrawal, the newer version that came first, the user's first row; "
            "after the world's last day if planned only, empty if never.",
        ),
        _describe("row_count", pa.int64(), "Rows of the batch that it concerns.", required=True),
    ]
)
"""One row per injected fault and shard."""


@dataclass(frozen=True)
class Fault:
    """One row of the ledger; days are day numbers."""

    kind: str
    feed: str
    day: int
    outcome: Outcome
    key: str | None = None
    rule: str | None = None
    column: str | None = None
    arrives: int | None = None
    row_count: int = 1


class Ledger:
    """Collects faults; what is complete is kept packed, so that it may be long."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._packed = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._packed, LEDGER_SCHEMA, compression="zstd")

    def add(self, fault: Fault) -> None:
        """Enter a fault."""
        self._faults.append(fault)
        if len(self._faults) >= _FLUSH_ROWS:
            self._flush()

    def write(self, path: Path) -> None:
        """Write everything entered; nothing can be entered afterwards."""
        self._flush()
        self._writer.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._packed.getvalue())

    def _flush(self) -> None:
        columns: list[list[Any]] = [
            [getattr(fault, name) for fault in self._faults] for name in _FIELDS
        ]
        arrays = [
            # An Arrow date is a day number.
            pa.array(values, pa.int32()).cast(field.type)
            if pa.types.is_date(field.type)
            else pa.array(values, field.type)
            for field, values in zip(LEDGER_SCHEMA, columns, strict=True)
        ]
        self._writer.write_table(pa.table(arrays, schema=LEDGER_SCHEMA))
        self._faults = []


_IN_FAULT = {"dt": "day", "column_name": "column", "arrives_dt": "arrives"}
_FIELDS = tuple(_IN_FAULT.get(name, name) for name in LEDGER_SCHEMA.names)
if set(_FIELDS) != {field.name for field in fields(Fault)}:
    raise TypeError("LEDGER_SCHEMA and Fault differ")
