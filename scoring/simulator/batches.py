"""The rows of one day, collected per feed and written as landing folders."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.landing.contract import Feed, load_feeds
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


class BatchWriter:
    """Writes one folder per feed and day below ``folder``.

    Attributes:
        row_counts: Rows written so far, by feed.
        byte_count: Bytes of data files written so far.
    """

    def __init__(self, folder: Path, file_format: FileFormat) -> None:
        self._folder = folder
        self._format: FileFormat = file_format
        self._feeds = load_feeds()
        self.row_counts = dict.fromkeys(self._feeds, 0)
        self.byte_count = 0

    def write_day(self, day: int, batch: DayBatch) -> None:
        """Write every feed of the day, also those without rows, and empty the batch."""
        for name, feed in self._feeds.items():
            folder = self._folder / name / f"dt={to_date(day)}"
            folder.mkdir(parents=True)
            taken = batch.take(name)
            control: dict[str, object] = {"rows": 0}
            if taken is not None:
                table = to_table(feed, *taken)
                path = folder / f"part.{self._format}"
                write_table(table, path, self._format)
                self.row_counts[name] += table.num_rows
                self.byte_count += path.stat().st_size
                control = {"rows": table.num_rows, "sums": _sum_amounts(feed, taken[0])}
            (folder / "_control.json").write_text(json.dumps(control) + "\n", encoding="utf-8")


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


def _sum_amounts(feed: Feed, rows: Rows) -> dict[str, str]:
    sums = {}
    for column in feed.columns:
        if column.type == "amount":
            values = rows.get(column.name, np.empty(0, dtype=np.int64))
            total = int(values[values != NULL].sum())
            sums[column.name] = str(Decimal(total).scaleb(-2).quantize(Decimal("0.01")))
    return sums
