"""Rows that the contract allows and that are not true: wrong values, phantoms, ghosts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from scoring.landing.contract import Feed
from scoring.simulator.dirt.blocks import Row

_PHANTOM_PREFIX, _GHOST_PREFIX = "x", "g"
_PHANTOM_INSTALLMENTS = 300
"""Phantom instalments are numbered from 301 on; no schedule is that long."""
_SHIFT = timedelta(microseconds=1)
"""Phantom moments; real ones are whole seconds."""


def _add(amount: int) -> Callable[[Any], Any]:
    return lambda value: (value or Decimal(0)) + amount


def _swap(one: str, other: str) -> Callable[[Any], Any]:
    return lambda value: other if value == one else one


_WRONG_VALUES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "users": ("region_code", _swap("R98", "R99")),
    "transactions": ("amount", _add(100)),
    "accounts": ("credit_limit", _add(1000)),
    "statements": ("amount_due", _add(100)),
    "loans": ("principal", _add(100)),
    "installments": ("amount_due", _add(10)),
    "repayments": ("amount", _add(10)),
    "limit_decisions": ("credit_limit", _add(1000)),
    "consents": ("state", _swap("granted", "revoked")),
    "disputes": ("outcome", _swap("upheld", "rejected")),
}
"""Per feed the column that goes wrong, and how: never to the value it has, nor off the contract."""


def make_wrong(feed: Feed, row: Row) -> Row:
    """The row with the same key and a wrong value."""
    name, change = _WRONG_VALUES[feed.name]
    return row | {name: change(row[name])}


def make_phantom(feed: Feed, row: Row, day: int) -> Row:
    """A row of the same user like ``row``, with a key that is used nowhere else."""
    moment = {"accounts": "effective_at", "consents": "changed_at"}.get(feed.name)
    if moment is not None:
        return row | {moment: row[moment] + _SHIFT}
    if feed.name == "installments":
        return row | {"installment_no": row["installment_no"] + _PHANTOM_INSTALLMENTS}
    return _rename(feed, row, _PHANTOM_PREFIX, day)


def make_ghost(feed: Feed, row: Row, day: int) -> Row:
    """A row like ``row`` of a user that ``users`` never names, with a record id of its own."""
    ghost = row | {"user_id": _GHOST_PREFIX + row["user_id"][1:]}
    return ghost if feed.key[0] == "user_id" else _rename(feed, ghost, _GHOST_PREFIX, day)


def _rename(feed: Feed, row: Row, prefix: str, day: int) -> Row:
    name = feed.key[0]
    return row | {name: f"{prefix}{row[name]}-{day}"}
