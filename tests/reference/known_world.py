"""What was known on a date: newest versions, merged users, who is listed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference.raw_rows import KEYS
from tests.reference.values import Row, business_date


@dataclass(frozen=True)
class Question:
    """One night, and the deployment's terms that its features depend on."""

    as_of: date
    known_on: date
    minimum_due_ratio: Decimal
    grace_days: int


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


def look_back(raw: dict[str, list[Row]], question: Question) -> KnownWorld:
    """The world as it was known on ``question.known_on``.

    Rows of users that are unknown or withdrawn are left out of every feed.
    """
    newest = {feed: _newest_versions(feed, raw[feed], question.known_on) for feed in KEYS}
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
