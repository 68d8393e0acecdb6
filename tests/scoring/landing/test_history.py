"""History loads: every row is dated by its own first event, and said to be assumed."""

from __future__ import annotations

import re
from datetime import date

import pytest

from scoring.errors import DataRefusedError
from tests.scoring.landing.conftest import DAY, Bench, of, transactions

END = date(2025, 1, 31)
LOANS = (
    "loan_id,user_id,product,principal,applied_at,disbursed_at\n"
    "L1,U1,jiebei,100,2024-03-01 23:30:00,2024-03-02 10:00:00\n"
    "L2,U1,jiebei,100,,2024-04-01T20:00:00Z\n"
    "L3,U1,jiebei,100,,\n"
    "L4,U1,jiebei,100,2025-06-01,\n"
)
INSTALLMENTS = (
    "loan_id,installment_no,user_id,due_date\n"
    "L1,1,U1,2024-04-01\nL1,2,U1,2025-05-01\nL9,1,U1,2024-12-01\nL9,2,U1,2025-12-01\n"
)


def test_rows_are_dated_by_their_first_event_and_never_after_dt(bench: Bench) -> None:
    bench.land_users(END)
    bench.land("loans", LOANS, dt=END)
    bench.land("installments", INSTALLMENTS, dt=END)
    bench.ingest(END, END, history=True)
    assert bench.raw("loans", "loan_id, batch_date, known_basis, dt") == [
        ("L1", date(2024, 3, 1), "assumed", END),
        ("L2", date(2024, 4, 2), "assumed", END),
        ("L3", END, "assumed", END),
        ("L4", END, "assumed", END),
    ]
    # A schedule is known with its loan; without one by its due date, at the latest on dt.
    assert bench.raw("installments", "loan_id, installment_no, batch_date") == [
        ("L1", 1, date(2024, 3, 1)),
        ("L1", 2, date(2024, 3, 1)),
        ("L9", 1, date(2024, 12, 1)),
        ("L9", 2, END),
    ]
    assert bench.raw("users", "batch_date") == [(date(2024, 1, 1),), (date(2024, 1, 2),)]
    assert bench.query("select distinct known_basis from ops.batches") == [("assumed",)]
    assert len([name for name in bench.raw_files() if name.startswith("loans/")]) == 1


def test_history_may_not_reach_into_daily_batches(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1"))
    bench.ingest()
    bench.land("transactions", transactions("T2,U1,2024-05-01,1", "T3,U1,2025-01-07,1"), dt=END)
    message = (
        "batch refused (history_over_landed) for transactions@2025-01-31: expected rows dated "
        "before the first daily batch of the feed, 2025-01-06, got rows up to 2025-01-07. Take "
        "those rows out, or land them as a daily batch without --history."
    )
    with pytest.raises(DataRefusedError, match=f"^{re.escape(message)}$"):
        bench.ingest(END, END, history=True)
    assert bench.state("transactions", END) is None
    bench.land("transactions", transactions("T2,U1,2024-05-01,1"), dt=END)
    assert of(bench.ingest(END, END, history=True), "transactions", END).rows_loaded == 1


def test_history_may_not_replace_a_daily_batch(bench: Bench) -> None:
    bench.land_users()
    bench.ingest()
    with pytest.raises(
        DataRefusedError, match=r"\(history_over_landed\) for users@2025-01-06: .* up to 2025-01-06"
    ):
        bench.ingest(history=True)
    assert bench.query("select state, known_basis from ops.batches") == [("loaded", "landed")]


def test_history_before_published_nights_needs_a_reason(bench: Bench) -> None:
    bench.land_users()
    bench.ingest()
    bench.publish(DAY)
    bench.land("transactions", transactions("T2,U1,2024-05-01,1"), dt=END)
    with pytest.raises(
        DataRefusedError, match=r"\(sealed\) .*, got rows dated from 2024-05-01 on\. Put it under"
    ):
        bench.ingest(END, END, history=True)
    bench.ingest(END, END, history=True, reopen_reason="the old system was found")
    nights = "select as_of_date, feed, dt from ops.irreproducible_nights"
    assert bench.query(nights) == [(DAY, "transactions", END)]


def test_history_again_changes_nothing(bench: Bench) -> None:
    bench.land_users(END)
    bench.ingest(END, END, history=True)
    before = bench.content()
    assert of(bench.ingest(END, END, history=True), "users", END).outcome == "unchanged"
    assert of(bench.ingest(END, END), "users", END).outcome == "unchanged"
    assert bench.content() == before
