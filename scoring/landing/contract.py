"""The landing contract: one YAML file per feed under ``feeds/`` is the only place it is written.

Types, validation rules, raw column types, dbt sources and ``docs/feeds.md`` all come from here.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

ColumnType = Literal["user", "text", "integer", "date", "timestamp", "amount", "rate", "boolean"]

FEEDS_FOLDER = Path(__file__).parent / "feeds"

RAW_TYPES: dict[ColumnType, str] = {
    "user": "BIGINT",
    "text": "VARCHAR",
    "integer": "BIGINT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "amount": "DECIMAL(18,2)",
    "rate": "DECIMAL(12,8)",
    "boolean": "BOOLEAN",
}
"""Contract type -> SQL type in ``raw``. Timestamps are UTC without a zone; users are keys."""


class Column(BaseModel):
    """One column of a feed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: ColumnType
    description: str
    required: bool = False
    allowed: tuple[str, ...] | None = None
    allowed_seed: str | None = None
    default: str | None = None
    above: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def raw_name(self) -> str:
        """Name in ``raw``: a user id becomes a user key."""
        if self.type != "user":
            return self.name
        return "user_key" if self.name == "user_id" else f"{self.name}_key"

    @property
    def raw_type(self) -> str:
        """SQL type in ``raw``."""
        return RAW_TYPES[self.type]


class RowRule(BaseModel):
    """A condition over one row's typed values; a row for which it is not true is quarantined."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sql: str
    description: str


class HistoryParent(BaseModel):
    """The feed whose rows date this feed's rows in a history load, joined on ``column``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feed: str
    column: str


class Feed(BaseModel):
    """The contract of one feed.

    ``first_event`` names the columns whose earliest date is a row's batch date in a history load.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feed: str
    description: str
    key: tuple[str, ...]
    first_event: tuple[str, ...]
    history_parent: HistoryParent | None = None
    columns: tuple[Column, ...]
    row_rules: tuple[RowRule, ...]

    @property
    def name(self) -> str:
        """Name of the feed and of its folder, source and staging model."""
        return self.feed

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError if the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        return tuple(column.name for column in self.columns if column.required)

    def needed_columns(self, header: Collection[str]) -> tuple[str, ...]:
        """Columns that a file with this header must have.

        A file with ``is_deleted`` may hold withdrawals alone, for which key columns suffice; its
        other rows are still quarantined one by one for what they lack.
        """
        return self.key if "is_deleted" in header else self.required_columns

    @property
    def raw_columns(self) -> dict[str, str]:
        """Every column of ``raw.<feed>`` with its SQL type, in order.

        After the contract's columns come ``is_deleted``, ``batch_date`` (known time),
        ``known_basis`` (``landed`` or ``assumed``) and ``dt`` (the landing folder's date).
        """
        return {column.raw_name: column.raw_type for column in self.columns} | {
            "is_deleted": "BOOLEAN",
            "batch_date": "DATE",
            "known_basis": "VARCHAR",
            "dt": "DATE",
        }


@cache
def load_feeds() -> dict[str, Feed]:
    """Every feed by name, ``users`` first, the rest in alphabetical order."""
    feeds = [
        Feed.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(FEEDS_FOLDER.glob("*.yml"))
    ]
    return {
        feed.name: feed
        for feed in sorted(feeds, key=lambda feed: (feed.name != "users", feed.name))
    }
