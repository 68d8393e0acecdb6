"""Bills: whose line, which product, how much at least and until when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from scoring.errors import ConfigurationError
from scoring.reference.known_world import KnownWorld, Question
from scoring.reference.seeds import FAMILY
from scoring.reference.values import ZERO, Row, to_cents

Line = tuple[int, str]
"""A revolving line: its user and account, or user and product where no account is known."""


@dataclass(frozen=True)
class Bill:
    """One bill as known, issued by the night or not yet."""

    statement_id: str
    owner: int
    product: str
    account_id: str | None
    statement_date: date
    due_date: date
    last_on_time_date: date
    amount_due: Decimal
    minimum_due: Decimal
    written_off_amount: Decimal
    reported_dpd: int | None

    @property
    def line(self) -> Line:
        """The line that it bills."""
        return self.owner, self.account_id or self.product


def read_bills(world: KnownWorld, accounts: dict[str, Row]) -> dict[str, Bill]:
    """Statement id -> bill.

    A bill that names no product is of its account's; without either it takes part in nothing. A
    bill that names no account is of the user's only account of its product, if there is just one.
    """
    products: dict[str, str] = {}
    account_ids: dict[tuple[int, str], set[str]] = defaultdict(set)
    for account in accounts.values():
        account_ids[account["owner"], account["product"]].add(account["account_id"])
    for row in world.rows["statements"]:
        product = row["product"] or _product_of(accounts.get(row["account_id"]))
        if product is None:
            continue
        products[row["statement_id"]] = product
        if row["account_id"] is not None:
            account_ids[row["owner"], product].add(row["account_id"])
    bills = {}
    for row in world.rows["statements"]:
        if row["statement_id"] not in products:
            continue
        product = products[row["statement_id"]]
        account_id = row["account_id"]
        candidates = account_ids[row["owner"], product]
        if account_id is None and len(candidates) == 1:
            (account_id,) = candidates
        bills[row["statement_id"]] = _read_bill(row, product, account_id, world.question)
    return bills


def _product_of(account: Row | None) -> str | None:
    return None if account is None else account["product"]


def _read_bill(row: Row, product: str, account_id: str | None, question: Question) -> Bill:
    return Bill(
        statement_id=row["statement_id"],
        owner=row["owner"],
        product=product,
        account_id=account_id,
        statement_date=row["statement_date"],
        due_date=row["due_date"],
        last_on_time_date=row["due_date"] + timedelta(days=question.grace_days),
        amount_due=row["amount_due"],
        minimum_due=_minimum_due(row, product, question),
        written_off_amount=row["written_off_amount"] or ZERO,
        reported_dpd=row["reported_dpd"],
    )


def _minimum_due(row: Row, product: str, question: Question) -> Decimal:
    amount: Decimal = row["amount_due"]
    if amount <= 0:
        return ZERO
    if row["minimum_due"] is not None:
        return Decimal(row["minimum_due"])
    if FAMILY[product] != "revolving":
        return amount
    if question.minimum_due_ratio is None:
        raise ConfigurationError(
            "reference not computed",
            subject=f"marts@{question.as_of}",
            expected="CREDITLOOP_MINIMUM_DUE_RATIO, as revolving bills lack minimum_due",
            got="no ratio",
            next_step="Set it to what the marts were built with.",
        )
    return to_cents(amount * question.minimum_due_ratio)
