"""Things that will happen on a later day, and tables that grow."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from scoring.simulator.arrays import NO_ROWS, Ints, Rows


class Agenda:
    """Rows put down for a day; each row has at least ``user_id`` (the user's number).

    What lies beyond ``last_day``, the world's last, is dropped.
    """

    def __init__(self, last_day: int) -> None:
        self._last_day = last_day
        self._days: defaultdict[int, list[Rows]] = defaultdict(list)

    def put(self, days: Ints, rows: Rows) -> None:
        """Put each row down for its day."""
        kept = np.flatnonzero(days <= self._last_day)
        if kept.size == 0:
            return
        order = kept[np.argsort(days[kept], kind="stable")]
        ordered = days[order]
        cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        for part in np.split(order, cuts):
            self._days[int(days[part[0]])].append({name: rows[name][part] for name in rows})

    def take(self, day: int) -> Rows | None:
        """Remove and return the day's rows, sorted by user; None if there are none."""
        parts = self._days.pop(day, None)
        if parts is None:
            return None
        rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.argsort(rows["user_id"], kind="stable")
        return {name: values[order] for name, values in rows.items()}


class Table:
    """Integer columns that grow by rows; a row's index never changes."""

    def __init__(self, *columns: str) -> None:
        self.size = 0
        self._columns: Rows = {name: np.empty(1024, dtype=np.int64) for name in columns}
        self._touched: list[Ints] = []

    def __getitem__(self, column: str) -> Ints:
        """A writable view of the column."""
        return self._columns[column][: self.size]

    def append(self, rows: Rows) -> Ints:
        """Add rows, every column given; return their indices."""
        count = rows["user_id"].size
        indices = np.arange(self.size, self.size + count, dtype=np.int64)
        for name, old in self._columns.items():
            values = old
            if self.size + count > old.size:
                values = np.empty(max(2 * old.size, self.size + count), dtype=np.int64)
                values[: self.size] = old[: self.size]
                self._columns[name] = values
            values[self.size : self.size + count] = rows[name]
        self.size += count
        return indices

    def touch(self, indices: Ints) -> None:
        """Mark rows that must be sent again today."""
        self._touched.append(indices)

    def take_touched(self) -> Ints:
        """Indices marked since the last call, each once."""
        touched, self._touched = self._touched, []
        return np.unique(np.concatenate(touched)) if touched else NO_ROWS
