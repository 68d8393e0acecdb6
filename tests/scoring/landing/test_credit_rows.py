"""Rows of loans and repayments that no lender can mean, and references that come apart."""

from __future__ import annotations

from datetime import date

from tests.scoring.landing.conftest import DAY, Bench

LOANS = "loan_id,user_id,product,principal\n"
REPAYMENTS = "repayment_id,user_id,loan_id,paid_at,amount\n"


def test_loans_of_nothing_or_less_are_quarantined_by_the_principal(bench: Bench) -> None:
    bench.land_users()
    rows = "L1,U1,jiebei,5.00\nL2,U1,jiebei,0.00\nL3,U1,jiebei,-5.00\nL4,U1,jiebei,0.01\n"
    bench.land("loans", LOANS + rows)
    report = bench.ingest()
    assert report.row_counts["rows_quarantined"] == 2
    assert bench.rules() == [("above", "principal", 2), ("above", "principal", 3)]
    assert bench.raw("loans", "loan_id") == [("L1",), ("L4",)]


def test_two_amounts_for_one_repayment_are_both_quarantined(bench: Bench) -> None:
    bench.land_users()
    rows = (
        "P1,U1,L1,2025-01-05,5.00\nP2,U1,L1,2025-01-05,5.00\nP2,U1,L1,2025-01-05,6.00\n"
        "P3,U1,L1,2025-01-05,7.00\nP3,U1,L1,2025-01-05,7.0\n"
    )
    bench.land("repayments", REPAYMENTS + rows)
    bench.ingest()
    assert bench.rules() == [
        ("conflicting_key", None, 2),
        ("conflicting_key", None, 3),
        ("duplicate", None, 5),
    ]
    assert bench.raw("repayments", "repayment_id") == [("P1",), ("P3",)]


def test_another_amount_in_a_later_batch_replaces_the_first(bench: Bench) -> None:
    later = date(2025, 1, 7)
    bench.land_users()
    bench.land("repayments", f"{REPAYMENTS}P1,U1,L1,2025-01-05,5.00\n")
    bench.land("repayments", f"{REPAYMENTS}P1,U1,L1,2025-01-05,6.00\n", dt=later)
    bench.ingest(DAY, later)
    assert bench.rules() == []
    assert len(bench.raw("repayments", "repayment_id")) == 2
