"""How much is known of a user: days with any record."""

from __future__ import annotations

from datetime import date

from scoring.reference.ledger import UserLedger
from scoring.reference.values import business_date, days_before, months_before


def evidence(ledger: UserLedger, as_of: date) -> set[date]:
    """Days with a purchase or refund in 365 days, or with any other record in 24 months.

    Payments of unknown target leave none.
    """
    days = {terms.first_day for terms in ledger.terms}
    days |= {business_date(row["decided_at"]) for row in ledger.decisions}
    days |= {payment.paid_date for payment in ledger.payments}
    days |= {bill.statement_date for bill in ledger.bills}
    days |= {loan.applied_date for loan in ledger.loans if loan.applied_date}
    days |= {loan.disbursed_date for loan in ledger.loans if loan.disbursed_date}
    year, two_years = days_before(as_of, 365), months_before(as_of, 24)
    spending_days = {day for day in ledger.spending.evidence if day > year}
    return spending_days | {day for day in days if day > two_years}
