"""What the features of linkage are in the small world, worked out by hand."""

from __future__ import annotations

from tests.scoring.marts import small_world as world
from tests.scoring.marts.small_world import FEBRUARY, MARCH

EXPECTED_LINKAGE: dict[str, tuple[int, str, dict[str, object]]] = {
    # Open on 8 days of January 300; on 8 of February 400, on 20 360; on 9 of March 500, on 22
    # 440: 26,980 in all, over 90, 365 and 731 days, under 1,000.
    "days_of_a_line": (
        world.PAYER,
        MARCH,
        {
            "billed_utilisation_peak_ratio_90d": "0.500000",
            "billed_utilisation_mean_ratio_90d": "0.299778",
            "billed_utilisation_days_80_90d": 0,
            "billed_utilisation_days_90_90d": 0,
            "billed_utilisation_peak_ratio_365d": "0.500000",
            "billed_utilisation_mean_ratio_365d": "0.073918",
            "billed_balance_mean_amount_90d": "299.78",
            "billed_balance_mean_amount_365d": "73.92",
            "billed_balance_mean_amount_24m": "36.91",
            "billed_balance_peak_amount_365d": "500.00",
            "billed_balance_12m_share_ratio_24m": "1.000000",
            "available_revolving_amount": "560.00",
            "available_installment_amount": None,
            "temporary_limit_amount": "0.00",
            # 400 of payments, no spending.
            "repayment_to_spend_ratio_90d": "1.000000",
            "overlap_statement_count_365d": 0,
        },
    ),
    # 100 on 31 days, 250 on 19, 220 on 9: 9,830. The temporary limit ends with 14 March: 750 on
    # 73 days and 500 on 17, or 750 on 348 and 500 on 17.
    "a_temporary_limit_ends": (
        world.CARRIER,
        MARCH,
        {
            "billed_utilisation_peak_ratio_90d": "0.333333",
            "billed_utilisation_mean_ratio_90d": "0.155415",
            "billed_utilisation_mean_ratio_365d": "0.036475",
            "billed_utilisation_days_80_365d": 0,
            "billed_utilisation_days_90_365d": 0,
            "billed_utilisation_days_100_365d": 0,
            "billed_balance_mean_amount_90d": "109.22",
            "temporary_limit_amount": "0.00",
            "available_revolving_amount": "500.00",
        },
    ),
    "a_temporary_limit_holds": (
        world.CARRIER,
        FEBRUARY,
        {"temporary_limit_amount": "250.00", "available_revolving_amount": "530.00"},
    ),
    # 1,000 for three days, 200 for one: 3,200. The draw on 3 January came two days before the
    # payment and two after the bill.
    "a_plan_takes_over": (
        world.PLANNER,
        MARCH,
        {
            "billed_balance_mean_amount_90d": "35.56",
            "billed_balance_peak_amount_365d": "1000.00",
            "billed_utilisation_peak_ratio_365d": None,
            "draw_before_repayment_count_365d": 1,
            "draw_before_repayment_amount_90d": "300.00",
            "draw_before_repayment_ratio_365d": "1.000000",
            "plan_open_count": 1,
            "plan_count_365d": 1,
            # 420 due by March, 400 of principal to come.
            "plan_outstanding_amount": "820.00",
            "installment_due_amount_next_90d": "420.00",
            "conversion_days": 2,
        },
    ),
    # Drawn on 20 December, 101 days ago; the fourth of four instalments is to come.
    "a_draw_and_decisions": (
        world.BORROWER,
        MARCH,
        {
            "loan_draw_count_30d": 0,
            "loan_draw_count_180d": 1,
            "loan_draw_count_365d": 1,
            "loan_draw_amount_30d": "0.00",
            "loan_draw_amount_365d": "400.00",
            "loan_draw_max_amount_365d": "400.00",
            "loan_draw_mean_amount_365d": "400.00",
            "loan_draw_days_since_last": 101,
            "loan_lender_count": 0,
            "loan_settled_count_365d": 0,
            "available_installment_amount": "700.00",
            "installment_due_to_spend_ratio": "1.000000",
            "cash_to_spend_ratio_365d": "1.000000",
            # Raised a year ago, cut on 1 January, frozen tonight.
            "limit_raise_count_90d": 0,
            "limit_cut_count_90d": 1,
            "limit_freeze_count_365d": 1,
            "limit_decline_count_365d": 0,
            "limit_days_since_last_change": 89,
        },
    ),
    # Before the freeze; the third and the fourth instalment are due within 90 days, by 29 May.
    "decisions_of_an_earlier_night": (
        world.BORROWER,
        FEBRUARY,
        {
            "limit_freeze_count_365d": 0,
            "limit_days_since_last_change": 58,
            "installment_due_amount_next_90d": "220.00",
            "available_installment_amount": "600.00",
        },
    ),
    "no_linkage": (
        world.QUIET,
        MARCH,
        {
            "billed_utilisation_mean_ratio_90d": None,
            "billed_balance_mean_amount_24m": "0.00",
            "billed_balance_12m_share_ratio_24m": None,
            "loan_draw_days_since_last": None,
            "loan_draw_mean_amount_365d": None,
            "installment_due_to_spend_ratio": None,
            "repayment_to_spend_ratio_90d": None,
            "limit_days_since_last_change": None,
        },
    ),
}
