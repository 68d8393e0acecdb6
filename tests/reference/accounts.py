"""Accounts: the terms that hold at the end of the night."""

from __future__ import annotations

from decimal import Decimal

from tests.reference.known_world import KnownWorld
from tests.reference.values import ZERO, Row, business_date


def read_accounts(world: KnownWorld) -> dict[str, Row]:
    """Account id -> its newest effective row by the night."""
    newest: dict[str, Row] = {}
    for row in world.rows["accounts"]:
        if business_date(row["effective_at"]) > world.as_of:
            continue
        other = newest.get(row["account_id"])
        if other is None or row["effective_at"] > other["effective_at"]:
            newest[row["account_id"]] = row
    return newest


def limit_of(account: Row, world: KnownWorld) -> Decimal | None:
    """Permanent limit plus the temporary one that still holds; empty when closed or unknown."""
    if account["status"] == "closed" or account["credit_limit"] is None:
        return None
    temporary = account["temporary_limit"] or ZERO
    until = account["temporary_until"]
    if until is not None and business_date(until) <= world.as_of:
        temporary = ZERO
    return Decimal(account["credit_limit"] + temporary)
