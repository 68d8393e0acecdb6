"""What the features of spending are in the small world, worked out by hand."""

from __future__ import annotations

from tests.scoring.marts import small_world as world
from tests.scoring.marts.small_world import FEBRUARY, MARCH

EXPECTED_SPENDING: dict[str, tuple[int, str, dict[str, object]]] = {
    # Eleven purchases in 90 days: 100 + 50 + 30 + 20 + 10 + 40 + 200 + 60 + 70 + 5 + 8 = 593; of
    # 7 days 100 + 50, less refunds of 110. By merchant 210, 125, 50, 200 and 8; by category 150
    # and 50. Blocks of 30 days: 353, 40, 200 and the 400 of 31 December. Three on a Saturday or
    # Sunday, one at 23:30, six below 50; 100 by huabei, 40 in its instalments.
    "spending_shape": (
        world.SPENDER,
        MARCH,
        {
            "spend_amount_7d": "40.00",
            "spend_amount_180d": "883.00",
            "spend_count_180d": 12,
            "spend_active_days_180d": 11,
            "spend_count_365d": 12,
            "spend_active_days_365d": 11,
            "spend_active_days_7d": 2,
            "spend_mean_amount_365d": "73.58",
            "spend_max_amount_30d": "100.00",
            "spend_max_amount_365d": "400.00",
            "spend_7d_share_ratio_30d": "0.164609",
            "spend_90d_share_ratio_365d": "0.546999",
            "spend_count_30d_share_ratio_90d": "0.818182",
            "spend_active_months_360d": 4,
            "spend_month_concentration_ratio_360d": "0.330824",
            "spend_weekend_ratio_90d": "0.272727",
            "spend_night_ratio_90d": "0.090909",
            "spend_small_ratio_90d": "0.545455",
            "spend_category_concentration_ratio_90d": "0.625000",
            "spend_merchant_concentration_ratio_90d": "0.290884",
            "spend_top_merchant_ratio_90d": "0.354132",
            "spend_category_entropy_90d": "0.562336",
            "essential_spend_ratio_90d": "0.000000",
            "spend_merchant_count_30d": 4,
            "spend_category_count_30d": 2,
            "paylater_spend_amount_30d": "100.00",
            "paylater_spend_amount_90d": "140.00",
            "paylater_spend_amount_365d": "140.00",
            "paylater_spend_ratio_30d": "0.283286",
            "paylater_spend_ratio_365d": "0.140987",
            "paylater_spend_count_90d": 2,
            "paylater_installment_ratio_90d": "0.285714",
            "refund_amount_90d": "110.00",
            "refund_count_90d": 3,
            "spend_days_since_first": 90,
        },
    ),
    # 200 on 1 January and 400 on 31 December, both in the block of 30 to 59 days ago, on no
    # weekend, at two merchants: (200^2 + 400^2) / 600^2.
    "spending_shape_earlier_night": (
        world.SPENDER,
        FEBRUARY,
        {
            "spend_amount_7d": "0.00",
            "spend_amount_180d": "600.00",
            "spend_count_180d": 2,
            "spend_active_days_180d": 2,
            "spend_count_365d": 2,
            "spend_active_days_365d": 2,
            "spend_active_days_7d": 0,
            "spend_mean_amount_365d": "300.00",
            "spend_max_amount_30d": "0.00",
            "spend_max_amount_365d": "400.00",
            "spend_7d_share_ratio_30d": None,
            "spend_90d_share_ratio_365d": "1.000000",
            "spend_count_30d_share_ratio_90d": "0.000000",
            "spend_active_months_360d": 1,
            "spend_month_concentration_ratio_360d": "1.000000",
            "spend_weekend_ratio_90d": "0.000000",
            "spend_night_ratio_90d": "0.000000",
            "spend_small_ratio_90d": "0.000000",
            "spend_category_concentration_ratio_90d": None,
            "spend_merchant_concentration_ratio_90d": "0.555556",
            "spend_top_merchant_ratio_90d": "0.666667",
            "spend_category_entropy_90d": None,
            "essential_spend_ratio_90d": None,
            "spend_merchant_count_30d": 0,
            "spend_category_count_30d": 0,
            "paylater_spend_amount_30d": "0.00",
            "paylater_spend_amount_90d": "0.00",
            "paylater_spend_amount_365d": "0.00",
            "paylater_spend_ratio_30d": None,
            "paylater_spend_ratio_365d": "0.000000",
            "paylater_spend_count_90d": 0,
            "paylater_installment_ratio_90d": None,
            "refund_amount_90d": "0.00",
            "refund_count_90d": 0,
            "spend_days_since_first": 59,
        },
    ),
}
