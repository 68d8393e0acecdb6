"""Limits: as accounts tell them, and as decisions do for products without any account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from scoring.reference.ledger import UserLedger
from scoring.reference.seeds import FAMILY
from scoring.reference.values import ZERO, Row, business_date, to_ratio, total

SETTING = {"grant", "raise", "cut", "close"}
"""Decisions that say what the limit is; freezing and declining leave it as it was."""


def limit_features(ledger: UserLedger, as_of: date) -> Row:
    """The limits of the night and what is owed within them."""
    revolving = limit_on(ledger, "revolving", as_of)
    cash = limit_on(ledger, "installment", as_of)
    owed = {
        family: total(
            debt.outstanding_amount for debt in ledger.debts if debt.loan.family == family
        )
        for family in ("revolving", "installment")
    }
    owed["revolving"] += total(ledger.line_outstanding.values())
    return {
        "revolving_limit_amount": revolving,
        "installment_limit_amount": cash,
        "available_revolving_amount": _available(revolving, owed["revolving"]),
        "available_installment_amount": _available(cash, owed["installment"]),
        "revolving_utilisation_ratio": to_ratio(owed["revolving"], revolving or ZERO),
        "installment_utilisation_ratio": to_ratio(owed["installment"], cash or ZERO),
        "joint_utilisation_ratio": to_ratio(total(owed.values()), total([revolving, cash])),
        "temporary_limit_amount": total(
            terms.temporary_limit_on(as_of)
            for terms in ledger.terms
            if terms.family == "revolving" and terms.hold_on(as_of)
        ),
    }


def limit_on(ledger: UserLedger, family: str, day: date) -> Decimal | None:
    """The limit of all products of a family at the end of a day; empty where none is known.

    Whether accounts or decisions tell it is settled by what is there on the night.
    """
    limits = [
        terms.limit_on(day)
        for terms in ledger.terms
        if terms.family == family and terms.hold_on(day)
    ]
    told = {account["product"] for account in ledger.accounts}
    limits += [
        _decided_limit(ledger, product, day)
        for product in {row["product"] for row in ledger.decisions} - told
        if FAMILY[product] == family
    ]
    known = [limit for limit in limits if limit is not None]
    return total(known) if known else None


def _decided_limit(ledger: UserLedger, product: str, day: date) -> Decimal | None:
    """The limit after the newest decision that sets one; none after a closing."""
    setting = [
        row
        for row in ledger.decisions
        if row["product"] == product
        and row["action"] in SETTING
        and business_date(row["decided_at"]) <= day
    ]
    if not setting:
        return None
    newest = max(setting, key=lambda row: (row["decided_at"], row["decision_id"]))
    return None if newest["action"] == "close" else newest["credit_limit"]


def _available(limit: Decimal | None, owed: Decimal) -> Decimal | None:
    return None if limit is None else max(limit - owed, ZERO)
