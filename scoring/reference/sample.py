"""The users that a night looks at, others the next night, and all the rows that they depend on.

A feature depends on rows of other users in a few places: a thing can be sent again under another
user or withdrawn without naming one, a refund can name somebody else's purchase, an account or an
instalment can stand under two users. Those rows are read too, so that a sample gives every user
exactly the features that a reading of everything would.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from scoring.reference.known_world import Question, look_back
from scoring.reference.raw_rows import KEYS, Raw, RawRows
from scoring.reference.values import Row

USER_FEEDS = ("users", "consents")
"""Feeds whose key has the user in it: nothing in them can pass to another one."""


@dataclass(frozen=True)
class Sample:
    """Who is looked at."""

    users: frozenset[int]
    """Listed users: their features are compared."""
    merged: frozenset[int]
    """Keys merged into them, whose rows count as theirs."""
    unlisted: frozenset[int]
    """Keys that were drawn and have no features: merged, withdrawn or not registered yet."""


def draw_sample(rows: RawRows, question: Question, user_count: int) -> Sample:
    """The listed users with the smallest hashes of key and night; fewer only if there are fewer.

    Args:
        rows: The raw rows.
        question: The night; each one draws others, and the same ones whenever it is asked again.
        user_count: How many, at least 1.
    """
    drawn_count = user_count
    while True:
        drawn = _draw_keys(rows, question, drawn_count)
        raw: Raw = {feed: [] for feed in KEYS}
        raw["users"] = rows.where("users", "user_key", _find_merged(rows, drawn))
        world = look_back(raw, question)
        listed = set(world.listed)
        users = [key for key in drawn if key in listed][:user_count]
        if len(users) == user_count or len(drawn) < drawn_count:
            break
        drawn_count *= 2
    chosen = frozenset(users)
    return Sample(
        users=chosen,
        merged=frozenset(key for key, end in world.survivors.items() if end in chosen) - chosen,
        unlisted=frozenset(drawn) - listed,
    )


def _draw_keys(rows: RawRows, question: Question, count: int) -> list[int]:
    """Known keys by the MD5 of a text like ``1003@2025-01-31``."""
    found = rows.select(
        "users",
        "batch_date <= ? group by user_key"
        " order by md5(concat(user_key, '@', ?)), user_key limit ?",
        [question.known_on, question.as_of.isoformat(), count],
        columns="user_key",
    )
    return [row["user_key"] for row in found]


def _find_merged(rows: RawRows, users: Collection[int]) -> set[int]:
    """The users and all that a chain of merges ever led to or from them."""
    found, new = set(users), set(users)
    while new:
        near = rows.where("users", "user_key", new) + rows.where("users", "merged_into_key", new)
        new = _values(near, "user_key", "merged_into_key") - found
        found |= new
    return found


def read_sample(rows: RawRows, sample: Sample) -> Raw:
    """All rows, of all versions, that the features of the sample's users depend on."""
    keys = sample.users | sample.merged
    raw = {feed: rows.where(feed, "user_key", keys) for feed in KEYS if feed != "users"}
    for feed, ids in _find_things(rows, raw).items():
        raw[feed] += _read_of_others(rows, feed, ids, keys)
    # One row of the first batch with consents, whosever it is: from then on they must be given.
    raw["consents"] += rows.select("consents", "true order by batch_date, dt limit 1")
    owners: set[int] = set().union(*(_values(found, "user_key") for found in raw.values()))
    raw["users"] = rows.where("users", "user_key", owners | _find_merged(rows, keys))
    return raw


def _find_things(rows: RawRows, raw: Raw) -> dict[str, set[Any]]:
    """Feed -> ids of what its rows are about, and of what rows of other feeds name in it."""
    ids = {
        feed: _values(found, KEYS[feed][0]) for feed, found in raw.items() if feed not in USER_FEEDS
    }
    bought = ids["transactions"] | _values(raw["transactions"], "refund_of")
    refunds = rows.where("transactions", "refund_of", bought, columns="transaction_id")
    ids["transactions"] = bought | _values(refunds, "transaction_id")
    ids["accounts"] |= _values(raw["statements"], "account_id")
    ids["installments"] |= ids["loans"]
    return ids


def _read_of_others(rows: RawRows, feed: str, ids: set[Any], keys: Collection[int]) -> list[Row]:
    """Rows about these things that are nobody's or not of these users."""
    name = KEYS[feed][0]
    # Most often there are none: looking at two columns first costs a fraction of reading all.
    owners = rows.where(feed, name, ids, columns=f"{name}, user_key")
    of_others = _values([row for row in owners if row["user_key"] not in keys], name)
    return [row for row in rows.where(feed, name, of_others) if row["user_key"] not in keys]


def _values(rows: list[Row], *columns: str) -> set[Any]:
    """What stands in the columns, without nothing."""
    return {row[column] for row in rows for column in columns} - {None}
