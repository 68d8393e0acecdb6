"""What a scenario says must come out of a night, record by record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

Absent = Literal["absent"]
"""No such row that night: not landed yet, not issued yet, withdrawn, or merged away."""

ObligationStatus = Literal["nothing_due", "open", "minimum_met", "settled", "overdue", "cured"]

STATUS_MEANINGS: dict[ObligationStatus, str] = {
    "nothing_due": "the bill asks for nothing (0, or a credit balance)",
    "open": "its last day has not passed, and what it requires is not there yet",
    "minimum_met": "the minimum was there in time; the rest is owed, or went into the next bill",
    "settled": "all of it was paid, moved into a plan or waived, and what it requires in time",
    "overdue": "its last day passed without what it requires",
    "cured": "it was overdue until what it requires was there",
}


class _Outcome(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ObligationOutcome(_Outcome):
    """A bill or an instalment at the end of a night.

    Attributes:
        due: What it asks for; of a credit balance 0.
        paid: Part that payments covered, of a bill those until the next bill.
        outstanding: Part of it that is still owed on it.
        dpd: Days past due that night; 0 before the day after the due date and after the cure.
        status: See ``STATUS_MEANINGS``.
        converted: Part that an instalment plan took over.
        carried: Unpaid part that the next bill contains.
        waived: Part that a final payment settled beyond the money.
    """

    due: Decimal
    paid: Decimal
    outstanding: Decimal
    dpd: int
    status: ObligationStatus
    converted: Decimal = Decimal(0)
    carried: Decimal = Decimal(0)
    waived: Decimal = Decimal(0)

    @model_validator(mode="after")
    def _adds_up(self) -> ObligationOutcome:
        parts = self.paid + self.outstanding + self.converted + self.carried + self.waived
        if parts != self.due:
            raise ValueError(f"expected parts that add up to due {self.due}, got {parts}")
        return self


class LoanOutcome(_Outcome):
    """A loan paid out: what is owed (due parts and principal to come), and whether it runs."""

    outstanding: Decimal
    is_open: bool


class AccountOutcome(_Outcome):
    """The terms of an account at the end of a night.

    Attributes:
        status: As told by the lender.
        credit_limit: Permanent limit; empty when closed or unknown.
        temporary_limit: Extra limit that still holds.
    """

    status: Literal["active", "frozen", "closed"]
    credit_limit: Decimal | None
    temporary_limit: Decimal = Decimal(0)


class PaymentOutcome(_Outcome):
    """Why a payment takes part in nothing; empty = it counts."""

    held_reason: str | None


Features = Mapping[str, Decimal | None]


class Expectation(_Outcome):
    """What must come out of one night; a scenario may have several for the same night.

    Attributes:
        as_of: The night.
        known_on: The last batch that may be looked at; default ``as_of``.
        why: How the less obvious values are worked out.
        known_gap: The marts do not say this yet, and why.
        statements: Bills by statement_id.
        installments: Instalments by loan_id#installment_no.
        loans: Loans by loan_id.
        accounts: Accounts by account_id.
        repayments: Payments by repayment_id.
        features: Features by user_id and name; ``absent`` = the user is not listed.
    """

    as_of: date
    known_on: date
    why: str = ""
    known_gap: str = ""
    statements: Mapping[str, ObligationOutcome | Absent] = {}
    installments: Mapping[str, ObligationOutcome | Absent] = {}
    loans: Mapping[str, LoanOutcome | Absent] = {}
    accounts: Mapping[str, AccountOutcome | Absent] = {}
    repayments: Mapping[str, PaymentOutcome | Absent] = {}
    features: Mapping[str, Features | Absent] = {}

    @model_validator(mode="before")
    @classmethod
    def _known_as_it_happened(cls, values: dict[str, object]) -> dict[str, object]:
        return {"known_on": values.get("as_of"), **values}

    @property
    def night(self) -> tuple[date, date]:
        """``as_of`` and ``known_on``."""
        return self.as_of, self.known_on

    def records(self) -> dict[tuple[str, str], dict[str, object] | None]:
        """Every expected record by (kind, id): its values by name, None = absent.

        Example:
            >>> expectation = Expectation.model_validate(
            ...     {"as_of": "2025-02-10", "features": {"u1": {"current_dpd_days": "1"}}}
            ... )
            >>> expectation.records()
            {('features', 'u1'): {'current_dpd_days': Decimal('1')}}
        """
        found: dict[tuple[str, str], dict[str, object] | None] = {}
        for kind in RECORD_KINDS:
            for record_id, outcome in getattr(self, kind).items():
                if outcome == "absent":
                    found[kind, record_id] = None
                elif isinstance(outcome, BaseModel):
                    found[kind, record_id] = outcome.model_dump()
                else:
                    found[kind, record_id] = dict(outcome)
        return found


RECORD_KINDS = ("statements", "installments", "loans", "accounts", "repayments", "features")
