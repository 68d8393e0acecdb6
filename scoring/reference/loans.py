"""Loans and applications; every dated attribute reads as empty before its own date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scoring.reference.known_world import KnownWorld
from scoring.reference.seeds import CASH_PRODUCTS, FAMILY
from scoring.reference.values import Moment, Row, business_date_if_any, reached


@dataclass(frozen=True)
class Loan:
    """One loan, or one application that never became a loan."""

    loan_id: str
    owner: int
    product: str
    account_id: str | None
    lender_id: str | None
    plan_of: str | None
    """The bill that this instalment plan took over; empty for every other loan."""
    principal: Decimal
    total_due: Decimal | None
    is_rejected: bool
    applied_date: date | None
    disbursed_date: date | None
    disbursed_at: Moment | None
    closed_date: date | None
    close_reason: str | None
    repaid_date: date | None
    """When it was closed as repaid; empty also when nobody says when."""
    is_written_off: bool
    written_off_amount: Decimal | None
    """The part given up; empty with ``is_written_off`` means all that is left."""
    reported_dpd: int | None
    reported_date: date

    @property
    def family(self) -> str:
        """``revolving`` or ``installment``."""
        return FAMILY[self.product]

    @property
    def is_cash(self) -> bool:
        """Whether it is a cash draw."""
        return self.product in CASH_PRODUCTS

    @property
    def is_owed(self) -> bool:
        """Whether money went out and the loan was not cancelled."""
        return self.disbursed_date is not None and self.close_reason != "cancelled"

    @property
    def is_repaid(self) -> bool:
        """Whether it was closed as repaid."""
        return self.close_reason == "repaid"

    @property
    def current_report(self) -> int | None:
        """The arrears that the lender reports, unless the loan is over."""
        return None if self.close_reason in {"repaid", "cancelled"} else self.reported_dpd


def read_loans(world: KnownWorld) -> dict[str, Loan]:
    """Loan id -> the loan as it reads at the end of the night."""
    return {row["loan_id"]: _read_loan(row, world.as_of) for row in world.rows["loans"]}


def _read_loan(row: Row, as_of: date) -> Loan:
    status_date = business_date_if_any(row["status_at"])
    closing_date = business_date_if_any(row["closed_at"])
    disbursed_date = reached(business_date_if_any(row["disbursed_at"]), as_of)
    is_status_reached = status_date is None or status_date <= as_of
    is_closing_reached = closing_date is None or closing_date <= as_of
    close_reason = row["close_reason"] if is_status_reached and is_closing_reached else None
    written_off_amount = row["written_off_amount"] if is_status_reached else None
    gave_up_something = written_off_amount is not None and written_off_amount > 0
    return Loan(
        loan_id=row["loan_id"],
        owner=row["owner"],
        product=row["product"],
        account_id=row["account_id"],
        lender_id=row["lender_id"],
        plan_of=row["origin_statement_id"] if FAMILY[row["product"]] == "revolving" else None,
        principal=row["principal"],
        total_due=row["total_due"],
        is_rejected=row["decision"] == "rejected",
        applied_date=reached(business_date_if_any(row["applied_at"]), as_of),
        disbursed_date=disbursed_date,
        disbursed_at=row["disbursed_at"] if disbursed_date else None,
        closed_date=reached(closing_date, as_of),
        close_reason=close_reason,
        repaid_date=(closing_date or status_date) if close_reason == "repaid" else None,
        is_written_off=gave_up_something or close_reason == "written_off",
        written_off_amount=written_off_amount,
        reported_dpd=row["reported_dpd"] if is_status_reached else None,
        reported_date=status_date or as_of,
    )
