"""The rows of one day, collected per feed and written as files of landing folders."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.landing.contract import load_feeds
from scoring.landing.control import CONTROL_FILE
from scoring.simulator.arrays import NULL, Ints, Rows, full
from scoring.simulator.encoding import Text, to_table
from scoring.simulator.season import to_date

FileFormat = Literal["parquet", "csv", "csv.gz", "jsonl"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)


class DayBatch:
    """What happened today, per feed, in the order it was added."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[Rows]] = defaultdict(list)
        self._text: defaultdict[str, Text] = defaultdict(dict)

    def add(self, feed: str, user_id: Ints, **columns: Ints | int) -> None:
        """Add rows; a single number holds for all of them, a column left out is null."""
        rows = {"user_id": user_id}
        for name, values in columns.items():
            rows[name] = full(user_id, values) if isinstance(values, int) else values
        self.add_rows(feed, rows)

    def add_rows(self, feed: str, rows: Rows, text: Text | None = None) -> None:
        """Add rows; every ``add_rows`` of a feed gives the same ``text`` columns."""
        if rows["user_id"].size == 0:
            return
        self._rows[feed].append(rows)
        for name, words in (text or {}).items():
            self._text[feed].setdefault(name, []).extend(words)

    def take(self, feed: str) -> tuple[Rows, Text] | None:
        """Remove and return the feed's rows, sorted by user; None if there are none."""
        parts = self._rows.pop(feed, None)
        if parts is None:
            return None
        names = sorted({name for part in parts for name in part})
        rows = {
            name: np.concatenate([part.get(name, full(part["user_id"], NULL)) for part in parts])
            for name in names
        }
        order = np.argsort(rows["user_id"], kind="stable")
        text = self._text.pop(feed, {})
        return (
            {name: values[order] for name, values in rows.items()},
            {name: [words[i] for i in order] for name, words in text.items()},
        )

    def take_table(self, feed: str, first_user: int) -> pa.Table | None:
        """``take`` as an Arrow table in the contract's columns; user 0 is ``first_user``."""
        taken = self.take(feed)
        return None if taken is None else to_table(load_feeds()[feed], *taken, first_user)

    def discard(self) -> None:
        """Forget everything that was added."""
        self._rows.clear()
        self._text.clear()


@dataclass(frozen=True)
class BatchTotals:
    """What the files of one feed and day add up to.

    Attributes:
        rows: Rows in all of them.
        sums: Sum of each amount column.
        size: Bytes of the files.
    """

    rows: int = 0
    sums: tuple[tuple[str, Decimal], ...] = ()
    size: int = 0

    def __add__(self, other: BatchTotals) -> BatchTotals:
        """Totals of both together."""
        mine = dict(self.sums)
        for name, value in other.sums:
            mine[name] = mine.get(name, Decimal(0)) + value
        return BatchTotals(self.rows + other.rows, tuple(mine.items()), self.size + other.size)


def batch_folder(landing: Path, feed: str, day: int) -> Path:
    """The landing folder of one feed and day number."""
    return landing / feed / f"dt={to_date(day)}"


def total_table(feed: str, table: pa.Table, size: int) -> BatchTotals:
    """Totals of one table of a feed, written in ``size`` bytes."""
    sums = tuple(
        (column.name, pc.sum(table[column.name], min_count=0).as_py())
        for column in load_feeds()[feed].columns
        if column.type == "amount" and column.name in table.column_names
    )
    return BatchTotals(table.num_rows, sums, size)


def write_table(table: pa.Table, path: Path, file_format: FileFormat) -> None:
    """Write one data file; equal tables give equal bytes."""
    if file_format == "parquet":
        pq.write_table(table, path, compression="zstd")
    elif file_format == "csv":
        pa_csv.write_csv(table, path)
    elif file_format == "csv.gz":
        sink = pa.BufferOutputStream()
        pa_csv.write_csv(table, sink)
        path.write_bytes(gzip.compress(sink.getvalue(), mtime=0))
    else:
        with path.open("w", encoding="utf-8") as file:
            for row in table.to_pylist():
                file.write(json.dumps(row, default=str) + "\n")


def write_control(folder: Path, totals: BatchTotals) -> None:
    """Write ``_control.json``: what the folder's files must add up to."""
    control: dict[str, object] = {"rows": totals.rows}
    if totals.rows:
        control["sums"] = {name: format(value, "f") for name, value in totals.sums}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTROL_FILE).write_text(json.dumps(control) + "\n", encoding="utf-8")
