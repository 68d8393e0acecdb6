"""The features of cash loans and of the plans of bills."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from scoring.reference.ledger import UserLedger
from scoring.reference.loan_debts import LoanDebt
from scoring.reference.loans import Loan
from scoring.reference.values import ZERO, Row, days_before, to_cents, to_ratio, total


def drawn_since(ledger: UserLedger, start: date) -> list[Loan]:
    """Cash loans that were paid out after a day."""
    return [debt.loan for debt in _cash_loans(ledger) if _is_newer(debt, start)]


def drawn_amount(ledger: UserLedger, as_of: date, days: int) -> Decimal:
    """Principal of the cash loans of the last ``days`` days."""
    return total(loan.principal for loan in drawn_since(ledger, days_before(as_of, days)))


def draw_features(ledger: UserLedger, as_of: date) -> Row:
    """The features of cash loans."""
    features: Row = {}
    for days in (30, 90, 180, 365):
        drawn = drawn_since(ledger, days_before(as_of, days))
        features[f"loan_draw_count_{days}d"] = len(drawn)
    for days in (30, 90, 365):
        features[f"loan_draw_amount_{days}d"] = drawn_amount(ledger, as_of, days)
    year = drawn_since(ledger, days_before(as_of, 365))
    open_loans = [debt.loan for debt in _cash_loans(ledger) if debt.is_open]
    mean = to_cents(total(loan.principal for loan in year) / len(year)) if year else None
    days_ago = [
        (as_of - debt.loan.disbursed_date).days
        for debt in _cash_loans(ledger)
        if debt.loan.disbursed_date is not None
    ]
    return (
        features
        | _before_repayment_features(ledger, as_of)
        | {
            "loan_draw_max_amount_365d": max((loan.principal for loan in year), default=ZERO),
            "loan_draw_mean_amount_365d": mean,
            "loan_draw_days_since_last": min(days_ago, default=None),
            "open_loan_count": len(open_loans),
            "loan_lender_count": len({loan.lender_id for loan in open_loans} - {None}),
            "loan_settled_count_365d": sum(
                _was_settled_since(debt, days_before(as_of, 365), as_of)
                for debt in _cash_loans(ledger)
            ),
        }
    )


def plan_features(ledger: UserLedger, as_of: date) -> Row:
    """The features of loans of revolving products."""
    plans = [debt for debt in ledger.debts if debt.loan.family == "revolving"]
    return {
        "plan_open_count": sum(debt.is_open for debt in plans),
        "plan_count_365d": sum(_is_newer(debt, days_before(as_of, 365)) for debt in plans),
        "plan_outstanding_amount": total(debt.outstanding_amount for debt in plans),
    }


def _cash_loans(ledger: UserLedger) -> list[LoanDebt]:
    return [debt for debt in ledger.debts if debt.loan.is_cash]


def _is_newer(debt: LoanDebt, start: date) -> bool:
    return debt.loan.disbursed_date is not None and debt.loan.disbursed_date > start


def _was_settled_since(debt: LoanDebt, start: date, as_of: date) -> bool:
    """Whether its last instalment was settled in the window, all being settled.

    An instalment of nothing (a pause) is none.
    """
    days = [item.settled_date for item in debt.schedule if item.amount_due != 0]
    settled = [day for day in days if day is not None]
    if debt.is_open or not days or len(settled) < len(days):
        return False
    return start < max(settled) <= as_of


def _before_repayment_features(ledger: UserLedger, as_of: date) -> Row:
    quarter, year = (
        [loan for loan in drawn_since(ledger, start) if _pays_for_line(loan, ledger)]
        for start in (days_before(as_of, 90), days_before(as_of, 365))
    )
    drawn_count = len(drawn_since(ledger, days_before(as_of, 365)))
    return {
        "draw_before_repayment_count_90d": len(quarter),
        "draw_before_repayment_count_365d": len(year),
        "draw_before_repayment_amount_90d": total(loan.principal for loan in quarter),
        "draw_before_repayment_ratio_365d": to_ratio(len(year), drawn_count),
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
