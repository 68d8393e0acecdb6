"""What was known on a date: newest versions, merged users, who is listed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from scoring.reference.raw_rows import KEYS, Raw
from scoring.reference.values import Row, business_date, to_moment
from scoring.settings import Settings


@dataclass(frozen=True)
class Question:
    """One night, and the deployment's terms that its features depend on."""

    as_of: date
    known_on: date
    minimum_due_ratio: Decimal | None
    """Empty where every revolving bill says what is due at least."""
    grace_days: int
    zone: ZoneInfo


def ask(settings: Settings, as_of: date, known_on: date) -> Question:
    """The question of one night of a deployment."""
    return Question(
        as_of,
        known_on,
        settings.minimum_due_ratio,
        settings.due_grace_days,
        ZoneInfo(settings.business_timezone),
    )


@dataclass(frozen=True)
class KnownWorld:
    """Rows as known; each has its surviving user under ``owner``."""

    question: Question
    rows: dict[str, list[Row]]
    registered: dict[int, date | None]
    survivors: dict[int, int]
    listed: list[int]
    are_consents_landed: bool

    @property
    def as_of(self) -> date:
        """The night."""
        return self.question.as_of

    def by_owner(self, feed: str) -> dict[int, list[Row]]:
        """The feed's rows of each surviving user."""
        grouped: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows[feed]:
            grouped[row["owner"]].append(row)
        return grouped


def look_back(raw: Raw, question: Question) -> KnownWorld:
    """The world as it was known on ``question.known_on``.

    Rows of users that are unknown or withdrawn are left out of every feed.
    """
    newest = {
        feed: [
            _with_moments(row, question.zone)
            for row in _newest_versions(feed, raw[feed], question.known_on)
        ]
        for feed in KEYS
    }
    users = {row["user_key"]: row for row in newest["users"]}
    merges = {key: row["merged_into_key"] for key, row in users.items()}
    survivors = {key: _follow_merges(key, merges) for key in users}
    rows = {
        feed: [
            row | {"owner": survivors[row["user_key"]]} for row in found if row["user_key"] in users
        ]
        for feed, found in newest.items()
    }
    registered = {
        key: business_date(row["registered_at"]) if row["registered_at"] else None
        for key, row in users.items()
    }
    listed = [
        key
        for key, day in registered.items()
        if survivors[key] == key and (day is None or day <= question.as_of)
    ]
    are_consents_landed = any(row["batch_date"] <= question.known_on for row in raw["consents"])
    return KnownWorld(question, rows, registered, survivors, listed, are_consents_landed)


def _newest_versions(feed: str, rows: list[Row], known_on: date) -> list[Row]:
    """The newest version of each key by ``known_on``; keys last seen withdrawn are gone."""
    newest: dict[tuple[object, ...], Row] = {}
    for row in rows:
        if row["batch_date"] > known_on:
            continue
        key = tuple(row[column] for column in KEYS[feed])
        other = newest.get(key)
        if other is None or _version(row) > _version(other):
            newest[key] = row
    return [row for row in newest.values() if not row["is_deleted"]]


def _with_moments(row: Row, zone: ZoneInfo) -> Row:
    """The row with its timestamps as moments of the business."""

    def read(value: Any) -> Any:
        return to_moment(value, zone) if isinstance(value, datetime) else value

    return {name: read(value) for name, value in row.items()}


def _version(row: Row) -> tuple[date, date]:
    return row["batch_date"], row["dt"]


def _follow_merges(key: int, merges: dict[int, int | None]) -> int:
    """The end of the chain of merges; a user in or before a ring counts for itself."""
    visited = [key]
    current = key
    while True:
        following = merges[current]
        if following is None or following not in merges:
            return current
        if following in visited:
            return key
        visited.append(following)
        current = following
