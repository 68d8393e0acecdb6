"""Features of repayment in the small world, worked out by hand."""

from __future__ import annotations

from tests.scoring.marts import small_world as world
from tests.scoring.marts.small_world import FEBRUARY, MARCH

EXPECTED_REPAYMENT: dict[str, tuple[int, str, dict[str, object]]] = {
    # 60 and an unknown amount in March, 40 in February, 300 in January. The newest bill was met a
    # day late, so that nothing is in a row; the other two were met on their due days.
    "repayment_of_bills": (
        world.PAYER,
        MARCH,
        {
            "repayment_amount_30d": "60.00",
            "repayment_amount_180d": "400.00",
            "repayment_amount_365d": "400.00",
            "repayment_count_30d": 2,
            "repayment_count_365d": 4,
            "repayment_max_amount_365d": "300.00",
            "repayment_days_since_last": 19,
            "payment_ratio_90d": "0.333333",
            "statement_due_amount_90d": "1200.00",
            "payment_ratio_365d": "0.333333",
            "statement_due_amount_365d": "1200.00",
            "on_time_ratio_180d": "0.666667",
            "on_time_ratio_24m": "0.666667",
            "full_payment_ratio_180d": "0.333333",
            "minimum_only_ratio_180d": "0.333333",
            "statement_on_time_ratio_365d": "0.666667",
            "installment_on_time_ratio_365d": None,
            "matured_count_365d": 3,
            "full_payment_streak_count": 0,
            "minimum_only_streak_count": 0,
            "converted_amount_365d": "0.00",
            "converted_ratio_365d": "0.000000",
            "days_before_due_mean_365d": "0.00",
            "late_days_mean_365d": "1.00",
            "autopay_ratio_365d": "0.333333",
            "manual_ratio_180d": "0.666667",
            "autopay_failed_count_90d": 1,
            "autopay_failed_count_365d": 1,
            "reversed_repayment_count_365d": 0,
            "third_party_payment_count_365d": 0,
            "early_repayment_count_365d": 0,
            "due_amount_next_30d": "0.00",
        },
    ),
    # The minimum of February after all of January.
    "repayment_of_bills_earlier_night": (
        world.PAYER,
        FEBRUARY,
        {
            "minimum_only_streak_count": 1,
            "full_payment_streak_count": 0,
            "on_time_streak_count": 2,
            "late_days_mean_365d": None,
        },
    ),
    # 42 and 11 days late: 26.5 in the mean.
    "repayment_by_another": (
        world.CARRIER,
        MARCH,
        {
            "third_party_payment_count_365d": 1,
            "late_days_mean_365d": "26.50",
            "days_before_due_mean_365d": None,
            "repayment_amount_30d": "0.00",
            "repayment_days_since_last": 39,
        },
    ),
    # The fourth instalment falls due on 20 April.
    "repayment_of_a_loan": (
        world.BORROWER,
        MARCH,
        {
            "early_repayment_count_365d": 1,
            "installment_on_time_ratio_365d": "0.666667",
            "statement_on_time_ratio_365d": None,
            "full_payment_streak_count": None,
            "minimum_only_streak_count": None,
            "due_amount_next_30d": "110.00",
        },
    ),
    # 800 of the 1,000 became a plan; met on 5 January, four days ahead. Two instalments of the
    # plan are 50 and 22 days late, the third falls due on 9 April.
    "repayment_by_a_plan": (
        world.PLANNER,
        MARCH,
        {
            "converted_amount_365d": "800.00",
            "converted_ratio_365d": "0.800000",
            "payment_ratio_90d": "0.322581",
            "days_before_due_mean_365d": "4.00",
            "late_days_mean_365d": "36.00",
            "full_payment_streak_count": 1,
            "on_time_streak_count": 0,
            "due_amount_next_30d": "210.00",
        },
    ),
    "repayment_of_nobody": (
        world.QUIET,
        MARCH,
        {
            "repayment_days_since_last": None,
            "matured_count_365d": 0,
            "converted_ratio_365d": None,
            "manual_ratio_180d": None,
            "repayment_max_amount_365d": "0.00",
        },
    ),
}
