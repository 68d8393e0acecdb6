"""The features of linkage: how the products hang together."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from scoring.reference.balances import balance_features
from scoring.reference.bills import Bill
from scoring.reference.decisions import decision_features
from scoring.reference.draws import draw_features, drawn_amount, plan_features
from scoring.reference.ledger import UserLedger
from scoring.reference.limits import limit_features
from scoring.reference.loan_debts import LoanDebt
from scoring.reference.values import Row, days_before, to_ratio, total


def linkage_features(
    ledger: UserLedger, spent: dict[int, Decimal], repaid: Decimal, as_of: date
) -> Row:
    """The features of the product linkage mart.

    Args:
        ledger: Everything of the user.
        spent: Days of a window -> amount spent in it.
        repaid: Amount repaid in 90 days.
        as_of: The night.
    """
    return (
        limit_features(ledger, as_of)
        | balance_features(ledger, as_of)
        | draw_features(ledger, as_of)
        | plan_features(ledger, as_of)
        | decision_features(ledger, as_of)
        | _beside_spending(ledger, spent, repaid, as_of)
        | {
            "conversion_days": _conversion_days(ledger),
            "product_count": len(_products_in_use(ledger)),
            "overlap_statement_count_365d": _overlap_count(ledger, as_of),
        }
    )


def _beside_spending(
    ledger: UserLedger, spent: dict[int, Decimal], repaid: Decimal, as_of: date
) -> Row:
    """What was drawn, repaid and is due, next to what was spent."""
    due = {
        days: total(debt.due_between(as_of, as_of + timedelta(days=days)) for debt in ledger.debts)
        for days in (30, 90)
    }
    quarter, year = drawn_amount(ledger, as_of, 90), drawn_amount(ledger, as_of, 365)
    return {
        "installment_due_amount_next_30d": due[30],
        "installment_due_amount_next_90d": due[90],
        "installment_due_to_spend_ratio": to_ratio(3 * due[30], 3 * due[30] + spent[90]),
        "cash_to_spend_ratio_90d": to_ratio(quarter, quarter + spent[90]),
        "cash_to_spend_ratio_365d": to_ratio(year, year + spent[365]),
        "repayment_to_spend_ratio_90d": to_ratio(repaid, repaid + spent[90]),
    }


def _conversion_days(ledger: UserLedger) -> int | None:
    """From the first bill or plan of a revolving product to the first cash draw."""
    uses: list[date] = [bill.statement_date for bill in ledger.bills if bill.amount_due > 0]
    draws: list[date] = []
    for debt in ledger.debts:
        if debt.loan.disbursed_date is not None:
            if debt.loan.family == "revolving":
                uses.append(debt.loan.disbursed_date)
            if debt.loan.is_cash:
                draws.append(debt.loan.disbursed_date)
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


def _overlap_count(ledger: UserLedger, as_of: date) -> int:
    cash = [debt for debt in ledger.debts if debt.loan.is_cash]
    return sum(
        any(_was_running(debt, bill, as_of) for debt in cash)
        for bill in ledger.bills
        if bill.amount_due > 0 and bill.statement_date > days_before(as_of, 365)
    )


def _was_running(debt: LoanDebt, bill: Bill, as_of: date) -> bool:
    """Whether the loan was paid out by the bill's day, and neither over nor closed before it."""
    day, loan = bill.statement_date, debt.loan
    if loan.disbursed_date is None or loan.disbursed_date > day:
        return False
    last = max((item.due_date for item in debt.schedule), default=loan.closed_date or as_of)
    return last >= day and (loan.closed_date is None or loan.closed_date >= day)
