"""Every feature family against numbers worked out by hand; the world is in small_world.py."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from scoring.reference.comparison import read_catalogue
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts import small_world as world
from tests.scoring.marts.expected_history import EXPECTED_HISTORY
from tests.scoring.marts.expected_linkage import EXPECTED_LINKAGE
from tests.scoring.marts.expected_repayment import EXPECTED_REPAYMENT
from tests.scoring.marts.expected_spending import EXPECTED_SPENDING
from tests.scoring.marts.small_world import FEBRUARY, MARCH

pytestmark = pytest.mark.xdist_group("marts")

Features = Callable[[int, str], dict[str, Any]]

EXPECTED: dict[str, tuple[int, str, dict[str, object]]] = {
    # 30 days, 2-31 March: 100 + 50 + 30 + 20 + 10 + 60 + 70 + 5 + 8 = 353, less refunds
    # 15 (row) + 25 (row; the mark on it subtracts nothing) + 70 (mark) = 110.
    "spending_windows": (
        world.SPENDER,
        MARCH,
        {
            "spend_amount_30d": "243.00",
            "spend_amount_90d": "483.00",
            "spend_amount_365d": "883.00",
            "spend_count_7d": 2,
            "spend_count_30d": 9,
            "spend_count_90d": 11,
            "spend_active_days_30d": 8,
            "spend_active_days_90d": 10,
            "spend_mean_amount_90d": "43.91",
            "spend_max_amount_90d": "200.00",
            "spend_merchant_count_90d": 5,
            "spend_category_count_90d": 2,
            "spend_30d_share_ratio_90d": "0.503106",
            "spend_days_since_last": 0,
            "refund_ratio_180d": "0.110775",
            "paylater_spend_ratio_90d": "0.236088",
            "evidence_days": 14,
            "cash_to_spend_ratio_90d": "0.000000",
        },
    ),
    # Nothing of March has happened on 28 February: 200 on 1 January is 58 days ago, 400 on
    # 31 December 59.
    "spending_earlier_night": (
        world.SPENDER,
        FEBRUARY,
        {"spend_amount_30d": "0.00", "spend_amount_90d": "600.00", "spend_days_since_last": 58},
    ),
    "bills_of_a_line": (
        world.PAYER,
        MARCH,
        {
            "statement_due_amount_180d": "1200.00",
            "repayment_amount_90d": "400.00",
            "repayment_count_90d": 4,
            "payment_ratio_180d": "0.333333",
            "full_payment_ratio_365d": "0.333333",
            "minimum_only_ratio_365d": "0.333333",
            "on_time_ratio_365d": "0.666667",
            "on_time_streak_count": 0,
            "autopay_ratio_180d": "0.333333",
            "autopay_failed_count_180d": 1,
            "current_dpd_days": 0,
            "worst_dpd_days_90d": 1,
            "late_payment_count_90d": 1,
            "days_since_last_late": 21,
            "outstanding_amount": "440.00",
            "revolving_limit_amount": "1000.00",
            "revolving_utilisation_ratio": "0.440000",
            "account_count": 1,
            "product_count": 1,
        },
    ),
    # 30 on the account on 20 February reach both minima, 10 and 25: 42 and 11 days late. The
    # credit balance of March says that nothing is owed.
    "carried_bills": (
        world.CARRIER,
        MARCH,
        {
            "worst_dpd_days_365d": 42,
            "late_payment_count_365d": 2,
            "late_30_count_24m": 1,
            "on_time_ratio_365d": "0.000000",
            "outstanding_amount": "0.00",
            "overdue_amount": "0.00",
            "third_party_payment_ratio_365d": "1.000000",
            "revolving_limit_amount": "500.00",
        },
    ),
    # On 28 February the newest bill asks 250 and 30 were paid since it; the temporary limit holds.
    "carried_bills_before_the_credit": (
        world.CARRIER,
        FEBRUARY,
        {
            "outstanding_amount": "220.00",
            "current_dpd_days": 0,
            "revolving_limit_amount": "750.00",
            "revolving_utilisation_ratio": "0.293333",
        },
    ),
    "loan_with_schedule": (
        world.BORROWER,
        MARCH,
        {
            "on_time_ratio_365d": "0.666667",
            "on_time_streak_count": 1,
            "payment_ratio_180d": "1.000000",
            "early_repayment_ratio_365d": "1.000000",
            "worst_dpd_days_90d": 5,
            "worst_dpd_days_24m": 5,
            "days_since_last_late": 34,
            "outstanding_amount": "100.00",
            "installment_due_amount_next_30d": "110.00",
            "application_count_90d": 2,
            "rejected_application_count_365d": 1,
            "open_loan_count": 1,
            "loan_draw_count_90d": 0,
            "installment_limit_amount": "800.00",
            "installment_utilisation_ratio": "0.125000",
            "joint_utilisation_ratio": "0.125000",
            "limit_raise_count_365d": 1,
            "limit_cut_count_365d": 1,
        },
    ),
    # On 28 February the third instalment lies ahead and the second was paid three days ago.
    "loan_earlier_night": (
        world.BORROWER,
        FEBRUARY,
        {
            "outstanding_amount": "200.00",
            "installment_due_amount_next_30d": "110.00",
            "application_count_90d": 1,
            "days_since_last_late": 3,
        },
    ),
    # 800 of 1,000 became a plan in time, 200 were paid: the bill is settled in full. Its plan is
    # unpaid since 9 February, 420 of it; 400 of principal are to come, and 300 cash.
    "plan_of_a_bill": (
        world.PLANNER,
        MARCH,
        {
            "full_payment_ratio_365d": "1.000000",
            "payment_ratio_180d": "0.322581",
            "on_time_ratio_365d": "0.333333",
            "current_dpd_days": 50,
            "late_payment_count_90d": 2,
            "overdue_amount": "420.00",
            "outstanding_amount": "1120.00",
            "loan_draw_count_90d": 1,
            "loan_draw_amount_90d": "300.00",
            "draw_before_repayment_count_90d": 1,
            "conversion_days": 2,
            "cash_to_spend_ratio_90d": "1.000000",
            "account_count": 2,
            "product_count": 2,
        },
    ),
    # 150 to the loan fill the first and half of the second; 20 too much on the third go there too.
    "payments_to_the_loan": (
        world.POOLED,
        MARCH,
        {
            "on_time_ratio_365d": "0.666667",
            "on_time_streak_count": 1,
            "current_dpd_days": 49,
            "overdue_amount": "30.00",
            "outstanding_amount": "30.00",
            "payment_ratio_180d": "0.900000",
        },
    ),
    # Reported on 1 March: 20 days. So the bill due on 9 February is unpaid, 50 days on 31 March.
    "reported_arrears": (
        world.REPORTED,
        MARCH,
        {"reported_dpd_days": 20, "current_dpd_days": 50, "overdue_amount": "100.00"},
    ),
    "disputed_instalment": (
        world.DISPUTER,
        MARCH,
        {
            "current_dpd_days": 0,
            "overdue_amount": "0.00",
            "on_time_ratio_365d": None,
            "payment_ratio_180d": None,
            # Closed as repaid only in April.
            "outstanding_amount": "100.00",
            "open_loan_count": 1,
        },
    ),
    "before_the_dispute": (world.DISPUTER, FEBRUARY, {"current_dpd_days": 49}),
    # 60 of 100 given up: still negative, and 40 still owed.
    "write_off_is_no_payment": (
        world.WRITTEN_OFF,
        MARCH,
        {
            "written_off_count": 1,
            "current_dpd_days": 141,
            "late_90_count_24m": 1,
            "payment_ratio_180d": "0.000000",
            "overdue_amount": "40.00",
        },
    ),
    "before_the_write_off": (
        world.WRITTEN_OFF,
        FEBRUARY,
        {"written_off_count": 0, "overdue_amount": "100.00"},
    ),
    # 11 into 12 into 13: three purchases on two days, the oldest registration.
    "merged_users": (
        world.SURVIVOR,
        MARCH,
        {
            "spend_amount_90d": "66.00",
            "spend_active_days_90d": 2,
            "months_on_book": 21,
            "evidence_days": 2,
        },
    ),
    "before_the_merge": (world.SURVIVOR, FEBRUARY, {"spend_amount_90d": "33.00"}),
    "nothing_known": (
        world.QUIET,
        MARCH,
        {
            "spend_amount_365d": "0.00",
            "spend_mean_amount_90d": None,
            "spend_days_since_last": None,
            "payment_ratio_180d": None,
            "on_time_streak_count": None,
            "late_payment_count_365d": 0,
            "days_since_last_late": None,
            "revolving_limit_amount": None,
            "months_on_book": None,
            "evidence_days": 0,
        },
    ),
    **EXPECTED_SPENDING,
    **EXPECTED_REPAYMENT,
    **EXPECTED_HISTORY,
    **EXPECTED_LINKAGE,
}


@pytest.mark.parametrize("case", EXPECTED)
def test_features_by_hand(features: Features, case: str) -> None:
    user_key, night, expected = EXPECTED[case]
    found = features(user_key, night)
    wanted = {
        name: Decimal(value) if isinstance(value, str) else value
        for name, value in expected.items()
    }
    assert {name: found[name] for name in wanted} == wanted


def test_every_feature_occurs_in_some_case(built: Settings) -> None:
    with open_warehouse(built) as connection:
        names = {
            name
            for (name,) in connection.execute(
                "select feature_name from marts.feature_catalog"
            ).fetchall()
        }
    checked = {name for _, _, expected in EXPECTED.values() for name in expected}
    assert names == set(read_catalogue())
    assert names - checked == set()


def test_listed_users_are_known_neither_merged_nor_withdrawn(built: Settings) -> None:
    with open_warehouse(built) as connection:
        rows = connection.execute(
            "select as_of_date::varchar, list(user_key order by user_key)"
            " from marts.dim_user_night group by 1 order by 1"
        ).fetchall()
    always = [1, 2, 3, 4, 5, 6]
    others = [17, 18, 19, 20, 21, 22]
    assert rows == [
        (FEBRUARY, [*always, 11, 12, 13, 14, *others]),
        (MARCH, [*always, 13, 15, 16, *others]),
    ]


@pytest.mark.parametrize(
    ("user_key", "scoring", "gated"),
    [
        (world.SPENDER, True, True),
        (world.PAYER, False, False),
        (world.CARRIER, False, False),
        (world.QUIET, False, False),
    ],
)
def test_consent_counts_from_its_date_until_revoked(
    features: Features, user_key: int, scoring: bool, gated: bool
) -> None:
    found = features(user_key, MARCH)
    assert (found["has_scoring_consent"], found["has_gated_consent"]) == (scoring, gated)
    assert found["consent_basis"] == "in_feed"


def test_consent_is_outside_the_system_before_any_was_landed(features: Features) -> None:
    found = features(world.QUIET, FEBRUARY)
    assert (found["has_scoring_consent"], found["consent_basis"]) == (True, "outside_system")
    assert found["has_gated_consent"] is False


def test_unresolved_references_are_held_and_counted(built: Settings) -> None:
    with open_warehouse(built) as connection:
        rows = connection.execute(
            "select feed, reason, held_count from intermediate.int_held_references"
            " where as_of_date = ? order by all",
            [MARCH],
        ).fetchall()
    assert rows == [
        ("disputes", "loan_unknown", 1),
        ("installments", "loan_unknown", 1),
        ("repayments", "account_unknown", 1),
        ("repayments", "loan_unknown", 1),
        ("repayments", "owed_by_another_user", 1),
        ("repayments", "statement_unknown", 1),
        ("users", "merge_unresolved", 2),
    ]
