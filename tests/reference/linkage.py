"""The features of linkage: limits, draws and how the products hang together."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.reference.accounts import limit_of
from tests.reference.known_world import KnownWorld
from tests.reference.ledger import UserLedger
from tests.reference.loans import Loan
from tests.reference.values import (
    FAMILY,
    ZERO,
    Row,
    business_date,
    days_before,
    to_ratio,
    total,
)


def linkage_features(ledger: UserLedger, spend_amount_90d: Decimal, world: KnownWorld) -> Row:
    """The features of the product linkage mart."""
    return (
        _limit_features(ledger, world)
        | _draw_features(ledger, spend_amount_90d, world.as_of)
        | {
            "installment_due_amount_next_30d": _due_next(ledger, world.as_of),
            "conversion_days": _conversion_days(ledger),
            "product_count": len(_products_in_use(ledger)),
        }
    )


def _limit_features(ledger: UserLedger, world: KnownWorld) -> Row:
    limits: dict[str, list[Decimal]] = {"revolving": [], "installment": []}
    for account in ledger.accounts:
        limit = limit_of(account, world)
        if limit is not None:
            limits[FAMILY[account["product"]]].append(limit)
    # Decisions tell the limit of products without any account.
    told = {account["product"] for account in ledger.accounts}
    for product in {row["product"] for row in ledger.decisions} - told:
        limit = _decided_limit([row for row in ledger.decisions if row["product"] == product])
        if limit is not None:
            limits[FAMILY[product]].append(limit)
    revolving = total(limits["revolving"]) if limits["revolving"] else None
    cash = total(limits["installment"]) if limits["installment"] else None

    owed = {
        family: total(
            debt.outstanding_amount for debt in ledger.debts if debt.loan.family == family
        )
        for family in limits
    }
    owed["revolving"] += total(ledger.line_outstanding.values())
    year = days_before(world.as_of, 365)
    recent = [row["action"] for row in ledger.decisions if business_date(row["decided_at"]) > year]
    return {
        "revolving_limit_amount": revolving,
        "installment_limit_amount": cash,
        "revolving_utilisation_ratio": to_ratio(owed["revolving"], revolving or ZERO),
        "installment_utilisation_ratio": to_ratio(owed["installment"], cash or ZERO),
        "joint_utilisation_ratio": to_ratio(
            owed["revolving"] + owed["installment"], total([revolving, cash])
        ),
        "limit_raise_count_365d": recent.count("raise"),
        "limit_cut_count_365d": recent.count("cut"),
    }


def _decided_limit(decisions: list[Row]) -> Decimal | None:
    """The limit after the newest decision that sets one; none after a closing."""
    setting = [row for row in decisions if row["action"] in {"grant", "raise", "cut", "close"}]
    if not setting:
        return None
    newest = max(setting, key=lambda row: (row["decided_at"], row["decision_id"]))
    return None if newest["action"] == "close" else newest["credit_limit"]


def _draw_features(ledger: UserLedger, spend_amount_90d: Decimal, as_of: date) -> Row:
    draws = [debt for debt in ledger.debts if debt.loan.family == "installment"]
    recent = [
        debt.loan
        for debt in draws
        if debt.loan.disbursed_date is not None
        and debt.loan.disbursed_date > days_before(as_of, 90)
    ]
    drawn = total(loan.principal for loan in recent)
    return {
        "loan_draw_count_90d": len(recent),
        "loan_draw_amount_90d": drawn,
        "open_loan_count": sum(debt.is_open for debt in draws),
        "draw_before_repayment_count_90d": sum(_pays_for_line(loan, ledger) for loan in recent),
        "cash_to_spend_ratio_90d": to_ratio(drawn, drawn + spend_amount_90d),
    }


def _pays_for_line(loan: Loan, ledger: UserLedger) -> bool:
    """Whether a payment on a revolving product followed the draw within three days."""
    drawn_at, drawn_date = loan.disbursed_at, loan.disbursed_date
    if drawn_at is None or drawn_date is None:
        return False
    return any(
        payment.is_succeeded
        and payment.family == "revolving"
        and payment.paid_at >= drawn_at
        and payment.paid_date <= drawn_date + timedelta(days=3)
        for payment in ledger.payments
    )


def _due_next(ledger: UserLedger, as_of: date) -> Decimal:
    return total(
        debt.unpaid_by_number.get(item.number)
        for debt in ledger.debts
        for item in debt.schedule
        if as_of < item.due_date <= as_of + timedelta(days=30)
    )


def _conversion_days(ledger: UserLedger) -> int | None:
    """From the first use of a revolving product to the first cash draw."""
    uses: list[date] = [bill.statement_date for bill in ledger.bills if bill.amount_due > 0]
    draws: list[date] = []
    for debt in ledger.debts:
        if debt.loan.disbursed_date is not None:
            days = uses if debt.loan.family == "revolving" else draws
            days.append(debt.loan.disbursed_date)
    if ledger.spending.first_paylater_date is not None:
        uses.append(ledger.spending.first_paylater_date)
    if not uses or not draws or min(draws) < min(uses):
        return None
    return (min(draws) - min(uses)).days


def _products_in_use(ledger: UserLedger) -> set[str]:
    """Products with an open account, an open loan or an unpaid bill."""
    products = {row["product"] for row in ledger.accounts if row["status"] != "closed"}
    products |= {debt.loan.product for debt in ledger.debts if debt.is_open}
    for line in ledger.lines:
        newest = line.bills[-1]
        if ledger.line_outstanding[newest.line] > 0:
            products.add(newest.product)
    return products
