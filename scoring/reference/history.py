"""The features of the credit history."""

from __future__ import annotations

from datetime import date

from scoring.reference.delinquency import delinquency_features
from scoring.reference.evidence import evidence
from scoring.reference.known_world import KnownWorld
from scoring.reference.ledger import UserLedger
from scoring.reference.obligations import overdue_amount
from scoring.reference.seeds import FAMILY
from scoring.reference.values import (
    Row,
    days_before,
    months_before,
    to_ratio,
    total,
)


def history_features(user: int, ledger: UserLedger, world: KnownWorld) -> Row:
    """The features of the credit history mart."""
    return (
        delinquency_features(ledger.obligations, world.as_of)
        | _debt_features(ledger, world.as_of)
        | _age_features(ledger, world.as_of)
        | _application_features(ledger, world.as_of)
        | {
            "months_on_book": _months_on_book(user, world),
            "account_count": _account_count(ledger),
            "open_account_count": sum(row["status"] != "closed" for row in ledger.accounts),
            "frozen_account_count": sum(row["status"] == "frozen" for row in ledger.accounts),
            "dispute_open_count": ledger.open_dispute_count,
            "evidence_days": len(evidence(ledger, world.as_of)),
        }
    )


def _debt_features(ledger: UserLedger, as_of: date) -> Row:
    reports = [debt.loan.current_report for debt in ledger.debts]
    for line in ledger.lines:
        newest = line.newest_report
        reports.append(None if newest is None else newest.reported_dpd)
    on_bills = total(ledger.line_outstanding.values())
    on_loans = total(debt.outstanding_amount for debt in ledger.debts)
    overdue = overdue_amount(ledger.obligations, ledger.line_outstanding)
    return {
        "overdue_amount": overdue,
        "overdue_ratio": to_ratio(overdue, on_bills + on_loans),
        "outstanding_statement_amount": on_bills,
        "outstanding_loan_amount": on_loans,
        "outstanding_amount": on_bills + on_loans,
        "reported_dpd_days": max((dpd for dpd in reports if dpd is not None), default=None),
        "written_off_count": sum(debt.loan.is_written_off for debt in ledger.debts)
        + sum(bill.written_off_amount > 0 for bill in ledger.bills),
        "written_off_amount": total(debt.loan.written_off_amount for debt in ledger.debts)
        + total(bill.written_off_amount for bill in ledger.bills),
        "statement_count_24m": sum(
            bill.amount_due > 0 and bill.statement_date > months_before(as_of, 24)
            for bill in ledger.bills
        ),
    }


def _age_features(ledger: UserLedger, as_of: date) -> Row:
    lent = [debt.loan.disbursed_date for debt in ledger.debts if debt.loan.disbursed_date]
    changed = [terms.first_day for terms in ledger.terms]
    any_credit = [*lent, *changed, *(bill.statement_date for bill in ledger.bills)]
    return {
        "oldest_credit_days": max(((as_of - day).days for day in any_credit), default=None),
        "newest_loan_days": min(((as_of - day).days for day in lent), default=None),
    }


def _application_features(ledger: UserLedger, as_of: date) -> Row:
    """An instalment plan of a bill is no application."""
    applied = [
        (loan.applied_date, loan.is_rejected)
        for loan in ledger.loans
        if loan.plan_of is None and loan.applied_date is not None
    ]
    counts: Row = {
        f"application_count_{days}d": sum(day > days_before(as_of, days) for day, _ in applied)
        for days in (30, 90, 365)
    }
    rejected = sum(is_rejected and day > days_before(as_of, 365) for day, is_rejected in applied)
    return counts | {
        "rejected_application_count_365d": rejected,
        "application_rejected_ratio_365d": to_ratio(rejected, counts["application_count_365d"]),
        "application_days_since_last": min(
            ((as_of - day).days for day, _ in applied), default=None
        ),
    }


def _months_on_book(user: int, world: KnownWorld) -> int | None:
    """Completed months since the oldest registration among the merged users."""
    days = [
        day
        for key, day in world.registered.items()
        if world.survivors[key] == user and day is not None and day <= world.as_of
    ]
    if not days:
        return None
    first, as_of = min(days), world.as_of
    months = (as_of.year - first.year) * 12 + as_of.month - first.month
    return months - 1 if as_of.day < first.day else months


def _account_count(ledger: UserLedger) -> int:
    """Revolving lines plus cash loans; revolving credit of no known account is one line."""
    line_accounts = [
        row["account_id"] for row in ledger.accounts if FAMILY[row["product"]] == "revolving"
    ]
    line_accounts += [bill.account_id for bill in ledger.bills]
    line_accounts += [
        loan.account_id
        for loan in ledger.loans
        if loan.family == "revolving" and loan.disbursed_date
    ]
    line_count = max(1, len(set(line_accounts) - {None})) if line_accounts else 0
    return line_count + sum(debt.loan.family == "installment" for debt in ledger.debts)
