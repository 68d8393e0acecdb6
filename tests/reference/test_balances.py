"""What a line leaves open on a day, against amounts worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from scoring.reference.balances import LineBalances
from scoring.reference.bills import Bill
from scoring.reference.lines import LineHistory
from scoring.reference.payments import Payment

LINE = (1, "line")


def _bill(name: str, issued: date, due: date, amount: str, written_off: str = "0") -> Bill:
    return Bill(
        statement_id=name,
        owner=1,
        product="huabei",
        account_id="line",
        statement_date=issued,
        due_date=due,
        last_on_time_date=due,
        amount_due=Decimal(amount),
        minimum_due=Decimal(0),
        written_off_amount=Decimal(written_off),
        reported_dpd=None,
    )


def _payment(day: date, amount: str | None, named: date | None, *, is_final: bool) -> Payment:
    return Payment(
        owner=1,
        paid_at=datetime(day.year, day.month, day.day),  # noqa: DTZ001 - UTC without zone
        paid_date=day,
        amount=None if amount is None else Decimal(amount),
        method=None,
        status="succeeded",
        is_final=is_final,
        target="line",
        family="revolving",
        line=LINE,
        named_bill_date=named,
    )


@pytest.mark.parametrize(
    ("day", "balance"),
    [
        (date(2025, 1, 4), "0"),  # before the first bill
        (date(2025, 1, 5), "70"),  # paid ahead: acts on the day of the bill that it names
        (date(2025, 1, 9), "70"),
        (date(2025, 1, 10), "20"),
        (date(2025, 2, 5), "185"),  # the second bill asks anew, less what was written off of it
        (date(2025, 2, 11), "185"),
        (date(2025, 2, 12), "0"),  # settled whatever the amounts say
        (date(2025, 3, 5), "40"),  # not the next bill, though
    ],
)
def test_balance_of_a_day_is_what_its_newest_bill_leaves_open(day: date, balance: str) -> None:
    first, second, third = date(2025, 1, 5), date(2025, 2, 5), date(2025, 3, 5)
    bills = [
        _bill("s1", first, date(2025, 1, 15), "100"),
        _bill("s2", second, date(2025, 2, 15), "200", written_off="15"),
        _bill("s3", third, date(2025, 3, 15), "40"),
    ]
    payments = [
        _payment(date(2025, 1, 1), "30", first, is_final=False),
        _payment(date(2025, 1, 10), "50", None, is_final=False),
        _payment(date(2025, 2, 12), None, second, is_final=True),
    ]
    line = LineHistory(bills, payments, {}, date(2025, 3, 31))
    assert LineBalances(line).balance_on(day) == Decimal(balance)
