"""Money of the marts beside money of the source files: per user, and to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from tests.acceptance.figures import Figures

_COMPARED = """
with told as (select user_id, sum(amount) as amount from ({source}) group by user_id),
kept as (
    select identities.user_id, sum(amount) as amount
    from ({marts}) inner join vault.identities using (user_key) group by identities.user_id
)
select
    coalesce(sum(told.amount), 0)::decimal(18, 2), coalesce(sum(kept.amount), 0)::decimal(18, 2),
    count(*) filter (coalesce(told.amount, 0) <> coalesce(kept.amount, 0)),
    count(*) filter (told.amount <> 0),
from told full join kept using (user_id)
"""


@dataclass(frozen=True)
class MoneyLine:
    """One kind of money.

    Attributes:
        what: What the money is.
        source: Sum over the source files, worked out without the pipeline.
        marts: Sum over the marts.
        users_apart: Users for whom the two differ.
        users: Users who have any of it in the source.
    """

    what: str
    source: Decimal
    marts: Decimal
    users_apart: int
    users: int


def compare_money(
    connection: duckdb.DuckDBPyConnection, pairs: Mapping[str, tuple[str, str]]
) -> list[MoneyLine]:
    """Compare sums per user.

    Args:
        connection: Holds the source's tables, with ``warehouse`` and ``vault`` attached.
        pairs: What -> SQL that gives (user_id, amount) from the source, and SQL that gives
            (user_key, amount) from the marts; several rows of one user add up.
    """
    lines = []
    for what, (source, marts) in pairs.items():
        compared = connection.execute(_COMPARED.format(source=source, marts=marts))
        lines += [MoneyLine(what, *row) for row in compared.fetchall()]
    return lines


def money_figures(name: str, lines: Sequence[MoneyLine]) -> Figures:
    """The lines as a table."""
    rows = [
        (line.what, f"{line.source:,}", f"{line.marts:,}", line.users, line.users_apart)
        for line in lines
    ]
    columns = ("money", "source", "marts", "users", "of them apart")
    return Figures(f"{name}: money of the source and of the marts", columns, rows)
