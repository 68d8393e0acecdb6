"""Accounts: the terms that hold at the end of a day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scoring.reference.known_world import KnownWorld
from scoring.reference.seeds import FAMILY
from scoring.reference.values import ZERO, Row, business_date


@dataclass(frozen=True)
class Terms:
    """One row of an account and the days at whose end it is the newest."""

    row: Row
    first_day: date
    ended_on: date | None
    """The day of the next row; empty for the newest by the night."""

    @property
    def family(self) -> str:
        """``revolving`` or ``installment``."""
        return FAMILY[self.row["product"]]

    def hold_on(self, day: date) -> bool:
        """Whether no other row is the newest at the end of the day."""
        return self.first_day <= day and (self.ended_on is None or day < self.ended_on)

    def temporary_limit_on(self, day: date) -> Decimal:
        """What comes on top of a known limit of an account that is not closed."""
        until = self.row["temporary_until"]
        if self.limit_is_unknown or (until is not None and business_date(until) <= day):
            return ZERO
        return self.row["temporary_limit"] or ZERO

    @property
    def limit_is_unknown(self) -> bool:
        """Whether the terms give no limit: the account is closed or nobody tells."""
        return self.row["status"] == "closed" or self.row["credit_limit"] is None

    def limit_on(self, day: date) -> Decimal | None:
        """Permanent limit plus the temporary one that still holds."""
        if self.limit_is_unknown:
            return None
        return Decimal(self.row["credit_limit"]) + self.temporary_limit_on(day)


def read_terms(world: KnownWorld) -> list[Terms]:
    """All rows in effect by the night."""
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in world.rows["accounts"]:
        if business_date(row["effective_at"]) <= world.as_of:
            rows_of[row["account_id"]].append(row)
    found = []
    for rows in rows_of.values():
        rows.sort(key=lambda row: row["effective_at"])
        days: list[date | None] = [business_date(row["effective_at"]) for row in rows]
        for row, next_day in zip(rows, [*days[1:], None], strict=True):
            found.append(Terms(row, business_date(row["effective_at"]), next_day))
    return found


def newest_rows(terms: list[Terms]) -> dict[str, Row]:
    """Account id -> its newest row by the night."""
    return {item.row["account_id"]: item.row for item in terms if item.ended_on is None}
