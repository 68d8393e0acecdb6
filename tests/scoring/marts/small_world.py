"""A few users whose every feature can be worked out by hand. Nights: 28 February and 31 March."""

from __future__ import annotations

from datetime import datetime

from tests.scoring.marts.raw_world import RawWorld, Row, at_utc, noon

FEBRUARY, MARCH = "2025-02-28", "2025-03-31"
CORRECTED = "2025-04-02"

SPENDER, PAYER, CARRIER, BORROWER, PLANNER, QUIET = 1, 2, 3, 4, 5, 6
MERGED_FIRST, MERGED_SECOND, SURVIVOR, WITHDRAWN, FUTURE, LATE_COMER = 11, 12, 13, 14, 15, 16
RING_ONE, RING_TWO, REPORTED, POOLED, DISPUTER, WRITTEN_OFF = 17, 18, 19, 20, 21, 22


def land_small_world(world: RawWorld) -> None:
    """Everything landed up to 31 March, and the corrections of 2 April."""
    _land_users(world)
    _land_spending(world)
    _land_line(world)
    _land_loans(world)
    _land_edges(world)
    _land_corrections(world)


def _user(key: int, registered: str | None = "2024-01-15", **more: object) -> Row:
    return {"user_key": key, "registered_at": noon(registered) if registered else None, **more}


def _land_users(world: RawWorld) -> None:
    world.land(
        "users",
        "2025-01-01",
        _user(SPENDER),
        _user(PAYER),
        _user(CARRIER),
        _user(BORROWER),
        _user(PLANNER),
        _user(QUIET, None),
        _user(MERGED_FIRST, "2023-06-30"),
        _user(MERGED_SECOND),
        _user(SURVIVOR, "2024-12-31"),
        _user(WITHDRAWN),
        _user(FUTURE, "2025-03-10"),
        _user(RING_ONE, merged_into_key=RING_TWO),
        _user(RING_TWO, merged_into_key=RING_ONE),
        _user(REPORTED),
        _user(POOLED),
        _user(DISPUTER),
        _user(WRITTEN_OFF),
    )
    # The chain of merges becomes known in March: 11 into 12, 12 into 13.
    world.land(
        "users",
        "2025-03-05",
        _user(MERGED_FIRST, "2023-06-30", merged_into_key=MERGED_SECOND),
        _user(MERGED_SECOND, merged_into_key=SURVIVOR),
        {"user_key": WITHDRAWN, "is_deleted": True},
    )
    world.land("users", "2025-03-20", _user(LATE_COMER))


def _buy(number: str, key: int, when: datetime, amount: str, **more: object) -> Row:
    return {
        "transaction_id": number,
        "user_key": key,
        "occurred_at": when,
        "amount": amount,
        **more,
    }


def _land_spending(world: RawWorld) -> None:
    world.land(
        "transactions",
        "2025-03-31",
        # 31 March 23:30 in Shanghai is the night's own day; 31 March 16:30 UTC is April there.
        _buy(
            "t1",
            SPENDER,
            at_utc("2025-03-31 15:30"),
            "100.00",
            merchant_id="m1",
            category_code="food",
            payment_method="huabei",
        ),
        _buy("t2", SPENDER, at_utc("2025-03-31 16:30"), "999.00", merchant_id="m9"),
        # Six and seven days ago: the first and the last day outside of 7d.
        _buy("t3", SPENDER, noon("2025-03-25"), "50.00", merchant_id="m1", category_code="food"),
        _buy("t4", SPENDER, noon("2025-03-24"), "30.00", merchant_id="m2", category_code="toys"),
        _buy("t5", SPENDER, noon("2025-03-24"), "20.00", merchant_id="m2", category_code="toys"),
        # 29 and 30 days ago, 89 and 90 days ago.
        _buy("t6", SPENDER, noon("2025-03-02"), "10.00", merchant_id="m3"),
        _buy(
            "t7",
            SPENDER,
            noon("2025-03-01"),
            "40.00",
            merchant_id="m3",
            payment_method="huabei_installment",
        ),
        _buy("t8", SPENDER, noon("2025-01-01"), "200.00", merchant_id="m4"),
        _buy("t9", SPENDER, noon("2024-12-31"), "400.00", merchant_id="m5"),
        # Refunds: rows of their own for t4 and t4b (whose mark then subtracts nothing); t10
        # by its mark; t11 is marked only after the night.
        _buy("r4", SPENDER, noon("2025-03-30"), "15.00", refund_of="t4"),
        _buy(
            "t4b",
            SPENDER,
            noon("2025-03-23"),
            "60.00",
            status="refunded",
            status_at=noon("2025-03-29"),
            merchant_id="m1",
        ),
        _buy("r4b", SPENDER, noon("2025-03-29"), "25.00", refund_of="t4b"),
        _buy(
            "t10",
            SPENDER,
            noon("2025-03-10"),
            "70.00",
            status="refunded",
            status_at=noon("2025-03-28"),
            merchant_id="m2",
        ),
        _buy(
            "t11",
            SPENDER,
            noon("2025-03-11"),
            "5.00",
            status="refunded",
            status_at=noon("2025-04-03"),
            merchant_id="m2",
        ),
        # Closed before the night: never happened. Closed after it: still a purchase.
        _buy(
            "t12",
            SPENDER,
            noon("2025-03-12"),
            "1000.00",
            status="closed",
            status_at=noon("2025-03-13"),
            merchant_id="m7",
        ),
        _buy(
            "t13",
            SPENDER,
            noon("2025-03-13"),
            "8.00",
            status="closed",
            status_at=noon("2025-04-01"),
            merchant_id="m8",
        ),
        # Income is never spending.
        _buy("t14", SPENDER, noon("2025-03-14"), "5000.00", direction="in"),
        _buy("m1", MERGED_FIRST, noon("2025-02-10"), "11.00"),
        _buy("m2", MERGED_SECOND, noon("2025-02-10"), "22.00"),
        _buy("m3", SURVIVOR, noon("2025-02-11"), "33.00"),
        _buy("w1", WITHDRAWN, noon("2025-02-11"), "44.00"),
        _buy("l1", LATE_COMER, noon("2025-02-11"), "55.00"),
        batch_date="2025-02-12",
    )


def _bill(number: str, key: int, issued: str, due: str, amount: str, **more: object) -> Row:
    return {
        "statement_id": number,
        "user_key": key,
        "product": "huabei",
        "statement_date": issued,
        "due_date": due,
        "amount_due": amount,
        **more,
    }


def _pay(number: str, key: int, day: str, amount: str | None, **more: object) -> Row:
    return {
        "repayment_id": number,
        "user_key": key,
        "paid_at": noon(day),
        "amount": amount,
        **more,
    }


def _land_line(world: RawWorld) -> None:
    world.land(
        "accounts",
        "2025-01-01",
        {
            "account_id": "a2",
            "user_key": PAYER,
            "product": "huabei",
            "status": "active",
            "effective_at": noon("2024-02-01"),
            "credit_limit": "1000.00",
        },
        {
            "account_id": "a3",
            "user_key": CARRIER,
            "product": "huabei",
            "status": "active",
            "effective_at": noon("2024-02-01"),
            "credit_limit": "500.00",
            "temporary_limit": "250.00",
            "temporary_until": noon("2025-03-15"),
        },
    )
    # A rise that takes effect after the night.
    world.land(
        "accounts",
        "2025-03-20",
        {
            "account_id": "a2",
            "user_key": PAYER,
            "product": "huabei",
            "status": "active",
            "effective_at": noon("2025-04-10"),
            "credit_limit": "9000.00",
        },
    )
    world.land(
        "statements",
        "2025-03-01",
        # PAYER: in full on the due day; the minimum only; minimum a day late.
        _bill("s21", PAYER, "2025-01-01", "2025-01-09", "300.00", account_id="a2"),
        _bill("s22", PAYER, "2025-02-01", "2025-02-09", "400.00", account_id="a2"),
        _bill(
            "s23", PAYER, "2025-03-01", "2025-03-09", "500.00", account_id="a2", minimum_due="50.00"
        ),
        # CARRIER: nothing paid for two bills, then enough for both minima, on the account.
        _bill("s31", CARRIER, "2025-01-01", "2025-01-09", "100.00", account_id="a3"),
        _bill("s32", CARRIER, "2025-02-01", "2025-02-09", "250.00", account_id="a3"),
        _bill("s33", CARRIER, "2025-03-01", "2025-03-09", "-20.00", account_id="a3"),
        batch_date="2025-01-01",
    )
    world.land(
        "repayments",
        "2025-03-31",
        _pay("p21", PAYER, "2025-01-09", "300.00", statement_id="s21", method="autopay"),
        _pay("p22", PAYER, "2025-02-09", "40.00", statement_id="s22", method="manual"),
        _pay("p23", PAYER, "2025-03-10", "60.00", statement_id="s23", method="manual"),
        _pay(
            "p24",
            PAYER,
            "2025-03-09",
            "500.00",
            statement_id="s23",
            method="autopay",
            status="failed",
        ),
        _pay("p25", PAYER, "2025-03-12", None, statement_id="s23"),
        _pay("p31", CARRIER, "2025-02-20", "30.00", account_id="a3", method="third_party"),
        # Held: nothing of this name exists.
        _pay("p91", PAYER, "2025-03-12", "77.00", statement_id="nowhere"),
        _pay("p92", PAYER, "2025-03-12", "77.00", loan_id="nowhere"),
        _pay("p93", PAYER, "2025-03-12", "77.00", account_id="nowhere"),
        _pay("p94", PAYER, "2025-03-12", "77.00", statement_id="s31"),
        # BORROWER: first instalment in time, second 5 days late, third settled by a final payment.
        _pay(
            "p41", BORROWER, "2025-01-20", "110.00", loan_id="l4", installment_no=1, method="early"
        ),
        _pay("p42", BORROWER, "2025-02-25", "110.00", loan_id="l4", installment_no=2),
        _pay("p43", BORROWER, "2025-03-20", "5.00", loan_id="l4", installment_no=3, is_final=True),
        # PLANNER: pays what the plan left over.
        _pay("p51", PLANNER, "2025-01-05", "200.00", statement_id="s51"),
        # POOLED: to the loan, oldest first, and too much for one instalment.
        _pay("p201", POOLED, "2025-01-10", "150.00", loan_id="l20"),
        _pay("p202", POOLED, "2025-03-05", "120.00", loan_id="l20", installment_no=3),
        batch_date="2025-01-01",
    )


def _loan(number: str, key: int, disbursed: str | None, principal: str, **more: object) -> Row:
    return {
        "loan_id": number,
        "user_key": key,
        "product": "jiebei",
        "applied_at": noon(disbursed) if disbursed else None,
        "disbursed_at": noon(disbursed) if disbursed else None,
        "decision": "accepted",
        "principal": principal,
        **more,
    }


def _schedule(
    loan: str, key: int, *dues: str, amount: str | None, principal: str | None
) -> list[Row]:
    return [
        {
            "loan_id": loan,
            "installment_no": number,
            "user_key": key,
            "due_date": due,
            "amount_due": amount,
            "principal_due": principal,
        }
        for number, due in enumerate(dues, start=1)
    ]


def _land_loans(world: RawWorld) -> None:
    world.land(
        "loans",
        "2025-03-31",
        _loan("l4", BORROWER, "2024-12-20", "400.00"),
        # Applied for and refused; and one that is paid out only after the night.
        _loan("l4r", BORROWER, None, "900.00", applied_at=noon("2025-03-01"), decision="rejected"),
        _loan("l4f", BORROWER, "2025-04-05", "900.00", applied_at=noon("2025-03-30")),
        # 1,000 of a bill moved into a plan before the due day: no cash draw.
        _loan("l5", PLANNER, "2025-01-04", "800.00", product="huabei", origin_statement_id="s51"),
        # Drawn two days before the line is paid.
        _loan("l5c", PLANNER, "2025-01-03", "300.00"),
        _loan("l20", POOLED, "2024-12-10", "300.00"),
        # Closed as repaid, but only in April.
        _loan(
            "l21",
            DISPUTER,
            "2024-12-10",
            "100.00",
            closed_at=noon("2025-04-10"),
            close_reason="repaid",
        ),
        _loan(
            "l22",
            WRITTEN_OFF,
            "2024-10-10",
            "100.00",
            close_reason="written_off",
            written_off_amount="60.00",
            status_at=noon("2025-03-15"),
        ),
        batch_date="2025-01-01",
    )
    world.land(
        "installments",
        "2025-03-31",
        *_schedule(
            "l4",
            BORROWER,
            "2025-01-20",
            "2025-02-20",
            "2025-03-20",
            "2025-04-20",
            amount="110.00",
            principal="100.00",
        ),
        *_schedule(
            "l5",
            PLANNER,
            "2025-02-09",
            "2025-03-09",
            "2025-04-09",
            "2025-05-09",
            amount="210.00",
            principal="200.00",
        ),
        *_schedule(
            "l20",
            POOLED,
            "2025-01-10",
            "2025-02-10",
            "2025-03-10",
            amount="100.00",
            principal="100.00",
        ),
        *_schedule("l21", DISPUTER, "2025-01-10", amount="100.00", principal="100.00"),
        *_schedule("l22", WRITTEN_OFF, "2024-11-10", amount="100.00", principal="100.00"),
        # No such loan.
        *_schedule("l99", BORROWER, "2025-01-10", amount="100.00", principal="100.00"),
        batch_date="2025-01-01",
    )


def _land_edges(world: RawWorld) -> None:
    world.land(
        "statements",
        "2025-03-31",
        _bill("s51", PLANNER, "2025-01-01", "2025-01-09", "1000.00"),
        # No payments at all on this line: what the lender reports counts.
        _bill("s191", REPORTED, "2025-02-01", "2025-02-09", "100.00", reported_dpd=0),
        _bill("s192", REPORTED, "2025-03-01", "2025-03-09", "200.00", reported_dpd=20),
        batch_date="2025-01-01",
    )
    world.land(
        "disputes",
        "2025-03-31",
        {
            "dispute_id": "d1",
            "user_key": DISPUTER,
            "record_kind": "installment",
            "record_id": "l21#1",
            "opened_at": noon("2025-03-01"),
        },
        {
            "dispute_id": "d2",
            "user_key": DISPUTER,
            "record_kind": "loan",
            "record_id": "nowhere",
            "opened_at": noon("2025-03-01"),
        },
        batch_date="2025-01-01",
    )
    world.land(
        "limit_decisions",
        "2025-03-31",
        *(
            {
                "decision_id": f"ld{number}",
                "user_key": BORROWER,
                "product": "jiebei",
                "decided_at": noon(day),
                "action": action,
                "credit_limit": limit,
            }
            for number, (day, action, limit) in enumerate(
                [
                    ("2024-03-31", "raise", "900.00"),
                    ("2024-04-01", "raise", "1000.00"),
                    ("2025-01-01", "cut", "800.00"),
                    ("2025-03-31", "freeze", "0.00"),
                    ("2025-04-01", "raise", "7000.00"),
                ]
            )
        ),
        batch_date="2025-01-01",
    )
    world.land(
        "consents",
        "2025-03-03",
        *(
            {"user_key": key, "purpose": purpose, "changed_at": noon(day), "state": state}
            for key, purpose, day, state in [
                (SPENDER, "credit_scoring", "2025-03-01", "granted"),
                (SPENDER, "consent_gated_data", "2025-03-01", "granted"),
                (PAYER, "credit_scoring", "2025-03-01", "granted"),
                (PAYER, "credit_scoring", "2025-03-02", "revoked"),
                (CARRIER, "credit_scoring", "2025-04-01", "granted"),
            ]
        ),
    )


def _land_corrections(world: RawWorld) -> None:
    """Known from 2 April on: a corrected amount, a withdrawn payment."""
    world.land(
        "transactions",
        CORRECTED,
        _buy("t3", SPENDER, noon("2025-03-25"), "51.00", merchant_id="m1", category_code="food"),
    )
    world.land("repayments", CORRECTED, {"repayment_id": "p21", "is_deleted": True})
