"""The features of the credit history."""

from __future__ import annotations

from datetime import date, timedelta

from tests.reference.known_world import KnownWorld
from tests.reference.ledger import UserLedger
from tests.reference.obligations import overdue_amount
from tests.reference.values import (
    FAMILY,
    ONE_DAY,
    Row,
    business_date,
    days_before,
    months_before,
    total,
)


def history_features(user: int, ledger: UserLedger, world: KnownWorld) -> Row:
    """The features of the credit history mart."""
    return (
        _lateness_features(ledger, world.as_of)
        | _debt_features(ledger)
        | _application_features(ledger, world.as_of)
        | {
            "months_on_book": _months_on_book(user, world),
            "account_count": _account_count(ledger),
            "evidence_days": len(_evidence(ledger)),
        }
    )


def _lateness_features(ledger: UserLedger, as_of: date) -> Row:
    late = [item for item in ledger.obligations if item.is_late]
    two_years = months_before(as_of, 24)

    def worst_since(start: date) -> int:
        return max((item.days_late for item in late if item.late_until > start), default=0)

    def became_late_since(start: date) -> int:
        return sum(item.last_on_time_date + ONE_DAY > start for item in late)

    def reached_in_two_years(days: int) -> int:
        return sum(
            item.days_late >= days and item.due_date + timedelta(days=days) > two_years
            for item in late
        )

    return {
        "current_dpd_days": max((item.days_late for item in late if item.is_past_due), default=0),
        "worst_dpd_days_90d": worst_since(days_before(as_of, 90)),
        "worst_dpd_days_365d": worst_since(days_before(as_of, 365)),
        "worst_dpd_days_24m": worst_since(two_years),
        "late_payment_count_90d": became_late_since(days_before(as_of, 90)),
        "late_payment_count_365d": became_late_since(days_before(as_of, 365)),
        "late_30_count_24m": reached_in_two_years(30),
        "late_90_count_24m": reached_in_two_years(90),
        "days_since_last_late": min(
            ((as_of - item.late_until).days for item in late), default=None
        ),
    }


def _debt_features(ledger: UserLedger) -> Row:
    reports = [debt.loan.current_report for debt in ledger.debts]
    for line in ledger.lines:
        newest = line.newest_report
        reports.append(None if newest is None else newest.reported_dpd)
    return {
        "overdue_amount": overdue_amount(ledger.obligations, ledger.line_outstanding),
        "outstanding_amount": total(ledger.line_outstanding.values())
        + total(debt.outstanding_amount for debt in ledger.debts),
        "reported_dpd_days": max((dpd for dpd in reports if dpd is not None), default=None),
        "written_off_count": sum(debt.loan.is_written_off for debt in ledger.debts)
        + sum(bill.written_off_amount > 0 for bill in ledger.bills),
    }


def _application_features(ledger: UserLedger, as_of: date) -> Row:
    """An instalment plan of a bill is no application."""
    applied = [
        (loan.applied_date, loan.is_rejected)
        for loan in ledger.loans
        if loan.plan_of is None and loan.applied_date is not None
    ]
    return {
        "application_count_90d": sum(day > days_before(as_of, 90) for day, _ in applied),
        "rejected_application_count_365d": sum(
            is_rejected and day > days_before(as_of, 365) for day, is_rejected in applied
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


def _evidence(ledger: UserLedger) -> set[date]:
    """Business days with any record of the user; payments of unknown target leave none."""
    days = set(ledger.spending.evidence)
    days |= {business_date(row["effective_at"]) for row in ledger.account_changes}
    days |= {business_date(row["decided_at"]) for row in ledger.decisions}
    days |= {payment.paid_date for payment in ledger.payments}
    days |= {bill.statement_date for bill in ledger.bills}
    days |= {loan.applied_date for loan in ledger.loans if loan.applied_date}
    days |= {loan.disbursed_date for loan in ledger.loans if loan.disbursed_date}
    return days
