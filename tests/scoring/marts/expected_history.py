"""Features of the credit history in the small world, worked out by hand."""

from __future__ import annotations

from tests.scoring.marts import small_world as world
from tests.scoring.marts.small_world import FEBRUARY, MARCH

EXPECTED_HISTORY: dict[str, tuple[int, str, dict[str, object]]] = {
    # One day late, cured within a week; 10 March is within 30 days.
    "history_of_a_day_late": (
        world.PAYER,
        MARCH,
        {
            "worst_dpd_days_30d": 1,
            "worst_dpd_days_180d": 1,
            "late_payment_count_180d": 1,
            "late_payment_count_24m": 1,
            "late_7_count_365d": 0,
            "cured_count_365d": 1,
            "cured_count_24m": 1,
            "self_cured_count_24m": 1,
            "past_due_count": 0,
            "overdue_ratio": "0.000000",
            "late_severity_days_24m": 1,
            "days_since_last_late_30": None,
            "past_due_months_12m": 0,
            "oldest_credit_days": 424,
            "newest_loan_days": None,
            "open_account_count": 1,
            "frozen_account_count": 0,
            "statement_count_24m": 3,
            "dispute_open_count": 0,
            "written_off_amount": "0.00",
            "outstanding_statement_amount": "440.00",
            "outstanding_loan_amount": "0.00",
        },
    ),
    # 42 and 11 days, until 20 February: on 31 January 22 days past due, on 28 February none. A
    # bill with nothing due is not counted.
    "history_rolled_back": (
        world.CARRIER,
        MARCH,
        {
            "worst_dpd_days_30d": 0,
            "worst_dpd_days_180d": 42,
            "late_7_count_365d": 2,
            "late_7_count_24m": 2,
            "late_30_count_365d": 1,
            "late_60_count_24m": 0,
            "cured_count_24m": 2,
            "self_cured_count_24m": 0,
            "late_severity_days_24m": 53,
            "days_since_last_late_30": 39,
            "past_due_months_12m": 1,
            "past_due_30_months_24m": 0,
            "roll_forward_count_12m": 1,
            "roll_back_count_12m": 1,
            "statement_count_24m": 2,
            "overdue_ratio": None,
        },
    ),
    # 20 December the loan; refused on 1 March, applied for again on 30 March.
    "history_of_applications": (
        world.BORROWER,
        MARCH,
        {
            "application_count_30d": 1,
            "application_count_365d": 3,
            "application_rejected_ratio_365d": "0.333333",
            "application_days_since_last": 1,
            "oldest_credit_days": 101,
            "newest_loan_days": 101,
            "outstanding_loan_amount": "100.00",
        },
    ),
    # 420 of 1,120 are past due since 9 February and 9 March: 50 and 22 days. On 28 February it was
    # 19 days. The bill of 1 January came before the loans of the 3rd and the plan of the 4th.
    "history_rolled_forward": (
        world.PLANNER,
        MARCH,
        {
            "past_due_count": 2,
            "overdue_ratio": "0.375000",
            "late_severity_days_24m": 72,
            "days_since_last_late_30": 0,
            "past_due_months_12m": 2,
            "past_due_30_months_24m": 1,
            "roll_forward_count_12m": 2,
            "roll_back_count_12m": 0,
            "oldest_credit_days": 89,
            "newest_loan_days": 86,
            "application_count_365d": 1,
            "application_days_since_last": 87,
        },
    ),
    # Due on 10 November: 20, 51, 82, 110 and 141 days at the ends of the months.
    "history_of_a_write_off": (
        world.WRITTEN_OFF,
        MARCH,
        {
            "written_off_amount": "60.00",
            "late_60_count_24m": 1,
            "past_due_months_12m": 5,
            "past_due_30_months_24m": 4,
            "roll_forward_count_12m": 4,
            "overdue_ratio": "1.000000",
            "outstanding_loan_amount": "40.00",
        },
    ),
    "history_before_the_write_off": (
        world.WRITTEN_OFF,
        FEBRUARY,
        {"written_off_amount": "0.00", "past_due_months_12m": 4, "overdue_ratio": "1.000000"},
    ),
    # The other dispute is about a loan that nobody knows.
    "history_of_a_dispute": (
        world.DISPUTER,
        MARCH,
        {"dispute_open_count": 1, "past_due_count": 0, "past_due_months_12m": 0},
    ),
    "history_of_nobody": (
        world.QUIET,
        MARCH,
        {
            "oldest_credit_days": None,
            "application_days_since_last": None,
            "application_rejected_ratio_365d": None,
            "late_payment_count_24m": 0,
            "roll_back_count_12m": 0,
        },
    ),
}
