"""Landing files of a dirty world: rows sent late, sent again, changed, withdrawn, moved."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from scoring.landing.contract import load_feeds
from scoring.reference.values import Row

KEYS = {feed.name: feed.key for feed in load_feeds().values()}

Change = Callable[[Row], None]

EDGES_OF_DAY = ("00:00:00", "05:59:59", "06:00:00", "21:59:59", "22:00:00", "23:59:59")


class DirtyLanding:
    """Collects rows by feed and batch; every choice comes from one seeded source."""

    first_day = date(2025, 1, 1)
    batches = tuple(
        date(2025, 1, 1) + timedelta(days=days)
        for days in (0, 20, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180)
    )
    plenty = 1
    """How many times as many rows a user may have."""

    def __init__(self, seed: int, user_count: int) -> None:
        """Start with empty folders."""
        self.random = Random(seed)
        self.user_count = user_count
        self._rows: dict[tuple[str, date], dict[tuple[object, ...], Row]] = defaultdict(dict)

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random.random() < share

    def day(self, first: int = -300, last: int = 200) -> date:
        """A day between these many days from the first one."""
        return self.first_day + timedelta(days=self.random.randint(first, last))

    def bill_days(self) -> list[date]:
        """Days of the bills of one line: monthly, some on one day."""
        count = self.random.randint(1, 8)
        offsets = [
            30 * number - 120 + self.random.choice([0, 0, 10, 20]) for number in range(count)
        ]
        return [self.first_day + timedelta(days=offset) for offset in offsets]

    def due_day(self, day: date) -> date:
        """When a bill of the day falls due."""
        return day + timedelta(days=self.random.choice([0, 8, 9, 20]))

    def count(self, first: int, last: int) -> int:
        """How many rows of a kind a user has."""
        return self.random.randint(first, last * self.plenty)

    def moment(self, day: date) -> str:
        """Any second of a day, so that many fall on another business day than in UTC."""
        if self.chance(0.1):
            return f"{day} {self.random.choice(EDGES_OF_DAY)}"
        hour, minute, second = (self.random.randint(0, top) for top in (23, 59, 59))
        return f"{day} {hour:02d}:{minute:02d}:{second:02d}"

    def any_user(self) -> str:
        """Any user at all."""
        return f"u{self.random.randrange(self.user_count)}"

    def user_or_other(self, user: str) -> str:
        """The user, but now and then somebody else: ids that do not fit together."""
        return user if self.chance(0.97) else self.any_user()

    def send(
        self, feed: str, row: Row, change: Change | None = None, first: Sequence[int] = ()
    ) -> None:
        """Send a row in one batch, and perhaps again in later ones.

        Sent again it is withdrawn (to come back in a still later batch, perhaps), or changed, or
        the same; now and then it has moved to another user.

        Args:
            feed: Name of the feed.
            row: Columns without those that are empty or None.
            change: What may be different the next time.
            first: Batches to choose the first one from; default any, early ones more often.
        """
        if first:
            position = self.random.choice(first)
        else:
            position = min(self.random.randrange(len(self.batches)) for _ in range(2))
        self._put(feed, row, position)
        current = dict(row)
        position += 1
        while position < len(self.batches) and self.chance(0.25):
            position = self.random.randrange(position, len(self.batches))
            if self.chance(0.25):
                self._withdraw(feed, current, position)
            else:
                if change is not None:
                    change(current)
                if "user_id" not in KEYS[feed] and self.chance(0.1):
                    current["user_id"] = self.any_user()
                self._put(feed, current, position)
            position += 1

    def send_once(self, feed: str, row: Row, day: date) -> None:
        """Send a row of a day, once, in the first batch from then on."""
        position = next(n for n, batch in enumerate(self.batches) if batch >= day)
        self._put(feed, row, position)

    def _put(self, feed: str, row: Row, position: int) -> None:
        key = tuple(row[column] for column in KEYS[feed])
        told = {column: value for column, value in row.items() if value is not None}
        self._rows[feed, self.batches[position]][key] = told

    def _withdraw(self, feed: str, row: Row, position: int) -> None:
        """Only the key is told; the columns are there, as a file needs all required ones."""
        key = tuple(row[column] for column in KEYS[feed])
        emptied = {column: row[column] if column in KEYS[feed] else None for column in row}
        self._rows[feed, self.batches[position]][key] = emptied | {"is_deleted": True}

    def write(self, landing: Path) -> None:
        """Write a folder for every feed and batch, with its control file."""
        for feed in KEYS:
            for batch in self.batches:
                folder = landing / feed / f"dt={batch}"
                folder.mkdir(parents=True)
                rows = self._rows[feed, batch].values()
                if rows:
                    lines = "".join(json.dumps(row) + "\n" for row in rows)
                    (folder / "part.jsonl").write_text(lines, encoding="utf-8")
                control = json.dumps({"rows": len(rows)})
                (folder / "_control.json").write_text(control, encoding="utf-8")
