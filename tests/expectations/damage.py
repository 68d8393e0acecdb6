"""For every expectation of every suite: rows that break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import duckdb

from scoring.landing.contract import load_feeds
from scoring.settings import Settings
from tests.expectations.night_tables import NIGHT, land_batch

_TONIGHT = "as_of_date = date '2025-01-31'"
_SPENDING = "marts.fct_user_spending_daily"
_REPAYMENT = "marts.fct_user_repayment_daily"
_HISTORY = "marts.fct_user_credit_history_daily"
_LINKAGE = "marts.fct_user_product_linkage_daily"
_DIM = "marts.dim_user_night"

_SHADOW = """
    insert into scores.shadow_scores
    select
        user_key, as_of_date, known_on, 'demo_v2', {1}, score_status, points_base,
        points_spending, points_repayment, points_history, points_linkage, points_clipped
    from scores.scores
    where as_of_date = date '2025-01-31' and {0}
"""
"""A challenger that says what the champion says, but for the users of {0} and the score {1}."""

Change = Callable[[duckdb.DuckDBPyConnection, Settings], None]


@dataclass(frozen=True)
class Damage:
    """One way to break an expectation.

    Attributes:
        change: What is done to the clean warehouse.
        observed: What the result must show.
        result: The result that must fail, when the entry stands for several tables.
    """

    change: Change
    observed: str
    result: str | None = None


def sql(statement: str, observed: str, result: str | None = None) -> Damage:
    """Damage by one SQL statement."""

    def change(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        connection.execute(statement)

    return Damage(change, observed, result)


def update(
    table: str, assignment: str, observed: str, where: str = "true", result: str | None = None
) -> Damage:
    """Damage to the night's rows of a table."""
    return sql(f"update {table} set {assignment} where {_TONIGHT} and {where}", observed, result)


def land(feed: str, observed: str, *, changed: str = "", where: str = "true") -> Damage:
    """A damaged batch of the night, recorded as it is."""

    def change(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        land_batch(
            connection, settings, load_feeds()[feed], NIGHT.as_of_date, changed=changed, where=where
        )

    return Damage(change, observed)


def land_unrecorded(feed: str, observed: str, *, changed: str = "", where: str = "true") -> Damage:
    """A raw file exchanged behind the back of ``ops.batches``."""

    def change(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        connection.execute("create temp table kept as select * from ops.batches")
        land_batch(
            connection, settings, load_feeds()[feed], NIGHT.as_of_date, changed=changed, where=where
        )
        connection.execute("delete from ops.batches")
        connection.execute("insert into ops.batches select * from kept")

    return Damage(change, observed)


def _batch(assignment: str, observed: str, feed: str = "transactions") -> Damage:
    return sql(
        f"update ops.batches set {assignment} where dt = date '2025-01-31' and feed = '{feed}'",
        observed,
    )


def _bills_of_two_months(observed: str) -> Damage:
    """Sixty bills a month ago, a fifth of them tonight."""

    def change(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        statements = load_feeds()["statements"]
        land_batch(connection, settings, statements, date(2024, 12, 31))
        land_batch(connection, settings, statements, NIGHT.as_of_date, where="n < 12")

    return Damage(change, observed)


LANDING = {
    "expected_feed_landed": [
        sql(
            "delete from ops.batches where dt = date '2025-01-31' and feed = 'loans'",
            "loans 0",
        )
    ],
    "anything_landed": [sql("delete from ops.batches where dt = date '2025-01-31'", "0")],
    "users_landed": [sql("update ops.batches set rows_loaded = 0 where feed = 'users'", "0")],
    "no_open_batches": [_batch("state = 'refused'", "1"), _batch("state = 'loading'", "1")],
    "rows_accounted": [_batch("rows_read = rows_read + 3", "1 of 100 rows break it")],
    "batches_complete": [
        _batch("rows_held = null", "counts 1"),
        _batch("content_hash = null", "hashes 1"),
        _batch("raw_file = null", "file 1"),
        _batch("rows_duplicate = 5", "sense 1"),
    ],
    "quarantine_accounted": [_batch("rows_quarantined = 4", "transactions 4")],
    "raw_holds_recorded_rows": [
        land_unrecorded("transactions", "transactions 75", where="n % 2 = 0"),
        _batch("rows_loaded = 0", "users 200", feed="users"),
    ],
    "raw_keys_unique": [
        land("transactions", "transactions 50", changed="'t' || (n % 100) as transaction_id")
    ],
    "raw_users_named": [
        land("loans", "loans 6", changed="case when n % 10 > 0 then user_key end as user_key")
    ],
    "raw_batch_dates": [
        land("loans", "loans 60", changed="dt - 1 as batch_date"),
        land("loans", "loans 60", changed="dt + 1 as batch_date, 'assumed' as known_basis"),
        land("loans", "loans 60", changed="'guessed' as known_basis"),
    ],
    "held_share": [
        _batch("rows_loaded = 100, rows_held = 50", "transactions 0.333333"),
    ],
    "quarantine_share": [
        _batch("rows_read = 200, rows_quarantined = 10", "transactions 0.05"),
    ],
    "volume_stop": [land("transactions", "transactions 0.02", where="n < 3")],
    "volume_warn": [
        land("transactions", "0.5", where="n % 2 = 0"),
        land("transactions", "0.5", where="user_key % 2 = 0"),
    ],
    "amounts_stop": [
        land("repayments", "repayments 100", changed="amount * 100 as amount"),
        land("transactions", "transactions 0.01", changed="amount / 100 as amount"),
    ],
    "steady_amounts_stop": [
        land("transactions", "transactions 7", changed="amount * 7 as amount"),
        land("repayments", "repayments 0.14", changed="amount / 7 as amount"),
    ],
    "regular_users_return": [land("transactions", "0.5", where="user_key % 2 = 0")],
    "amounts_warn": [land("transactions", "transactions 2", changed="amount * 2 as amount")],
    "dates_not_in_future": [
        land(
            "transactions",
            "transactions 1",
            changed="occurred_at + interval 2 day as occurred_at",
        ),
        land(
            "repayments",
            "repayments 0.1",
            changed="paid_at + to_years((n % 10 = 0)::integer) as paid_at",
        ),
    ],
    "dates_near_batch_stop": [
        land(
            "transactions",
            "transactions 31",
            changed="occurred_at - interval 31 day as occurred_at",
        )
    ],
    "dates_near_batch_warn": [
        land(
            "transactions", "transactions 1", changed="occurred_at - interval 1 day as occurred_at"
        )
    ],
    "users_per_batch": [land("transactions", "0.5", changed="1000 + n % 75 as user_key")],
    "keys_are_new": [
        land(
            "transactions",
            "transactions 1",
            changed="replace(transaction_id, '2025-01-31', '2025-01-30') as transaction_id",
        )
    ],
    "columns_not_emptied": [
        land(
            "transactions",
            "transactions 2",
            changed="null::varchar as merchant_id, null::varchar as category_code",
        )
    ],
    "columns_vary": [
        land("transactions", "transactions 2", changed="1007 as user_key, 'm' as merchant_id"),
        land("statements", "statements 1", changed="'a' as account_id"),
    ],
    "withdrawals_few": [land("loans", "loans 1", changed="true as is_deleted")],
    "records_not_repeated": [
        land(
            "transactions",
            "transactions 0.666667",
            changed="1000 + n % 50 as user_key, if(n < 100, '7', merchant_id) as merchant_id, "
            "100::decimal(18, 2) as amount",
        ),
        land("repayments", "repayments 1", changed="paid_at - interval 1 day as paid_at"),
    ],
    "dates_not_ahead": [
        land(
            "repayments",
            "repayments 0.5",
            changed="paid_at + to_hours(if(n % 2 = 0, 20, 0)) as paid_at",
        )
    ],
    "days_landed_once": [
        land(
            "transactions", "transactions 1", changed="occurred_at - interval 1 day as occurred_at"
        )
    ],
    "bills_stop": [land("statements", "100", changed="amount_due * 100 as amount_due")],
    "bill_count_stop": [_bills_of_two_months("0.2")],
}

_DUPLICATED = "insert into {0} select * from {0} where {1} and user_key < 1010"

MARTS = {
    "rows_present": [
        sql(f"delete from {table} where {_TONIGHT}", "no rows", f"rows_present[{table[6:]}]")
        for table in (_DIM, _SPENDING, _REPAYMENT, _HISTORY, _LINKAGE)
    ],
    "users_unique": [
        sql(
            _DUPLICATED.format(table, _TONIGHT),
            "20 of 210 rows break it",
            f"users_unique[{table[6:]}]",
        )
        for table in (_DIM, _SPENDING)
    ],
    "users_named": [
        update(
            _SPENDING,
            "user_key = null",
            "200 of 200 rows break it",
            result="users_named[fct_user_spending_daily]",
        )
    ],
    "same_users": [
        sql(
            f"delete from {_SPENDING} where {_TONIGHT} and user_key % 2 = 0",
            "100",
            "same_users[fct_user_spending_daily]",
        ),
        update(
            _HISTORY,
            "user_key = user_key + 5",
            "10",
            result="same_users[fct_user_credit_history_daily]",
        ),
    ],
    "nights_known": [
        update(
            _SPENDING,
            "as_of_date = as_of_date + 365",
            "200",
            result="nights_known[fct_user_spending_daily]",
        )
    ],
    "users_against_previous_stop": [
        sql(f"delete from {_DIM} where {_TONIGHT} and user_key % 2 = 0", "0.5"),
        update(_DIM, "user_key = user_key + 5000", "0"),
    ],
    "users_against_previous_warn": [
        sql(f"delete from {_DIM} where {_TONIGHT} and user_key < 1010", "0.95")
    ],
    "users_grow_slowly": [
        sql(
            f"insert into {_DIM} select * replace (user_key + 9000 as user_key) from {_DIM} "
            f"where {_TONIGHT}",
            "2",
        )
    ],
    "users_do_not_explode": [
        sql(
            f"insert into {_DIM} select * replace (user_key + 1000 * n as user_key) from {_DIM} "
            f"cross join range(2, 13) as numbers(n) where {_TONIGHT}".replace(
                "select * replace", "select * exclude (n) replace"
            ),
            "12",
        )
    ],
    "catalogue_present": [
        sql("delete from marts.feature_catalog", "no rows"),
        sql(
            "insert into marts.feature_catalog select * from marts.feature_catalog limit 1",
            "2 of 204 rows break it",
        ),
    ],
    "catalogue_complete": [
        sql(f"alter table {_SPENDING} drop column refund_ratio_180d", "1"),
        sql(f"alter table {_SPENDING} rename column refund_ratio_180d to refunds", "1"),
    ],
    "columns_catalogued": [sql(f"alter table {_SPENDING} add column new_count bigint", "1")],
    "columns_exact": [
        sql(f"alter table {_SPENDING} alter refund_ratio_180d type double", "1"),
    ],
    "values_in_range": [
        update(
            _REPAYMENT,
            "on_time_ratio_365d = on_time_ratio_365d * 100",
            "on_time_ratio_365d 200",
            result="values_in_range[fct_user_repayment_daily]",
        ),
        sql(
            f"alter table {_SPENDING} alter refund_ratio_180d type double; "
            f"update {_SPENDING} set refund_ratio_180d = 'nan' "
            f"where {_TONIGHT} and user_key < 1005",
            "refund_ratio_180d 5",
            "values_in_range[fct_user_spending_daily]",
        ),
        update(
            _SPENDING,
            "spend_days_since_last = 45688, spend_category_entropy_90d = 21",
            "spend_days_since_last 200, spend_category_entropy_90d 200",
            result="values_in_range[fct_user_spending_daily]",
        ),
        update(
            _HISTORY,
            "application_count_90d = -1",
            "application_count_90d 1",
            "user_key = 1003",
            "values_in_range[fct_user_credit_history_daily]",
        ),
        update(
            _HISTORY,
            "outstanding_amount = -outstanding_amount",
            "outstanding_amount 200",
            result="values_in_range[fct_user_credit_history_daily]",
        ),
        update(
            _LINKAGE,
            "revolving_limit_amount = revolving_limit_amount * 1000000",
            "revolving_limit_amount 200",
            result="values_in_range[fct_user_product_linkage_daily]",
        ),
        sql(
            f"delete from {_LINKAGE} where {_TONIGHT}",
            "no rows",
            "values_in_range[fct_user_product_linkage_daily]",
        ),
    ],
    "values_known": [
        update(
            _SPENDING,
            "spend_count_30d = null",
            "spend_count_30d 200",
            result="values_known[fct_user_spending_daily]",
        ),
        update(
            _HISTORY,
            "worst_dpd_days_24m = null",
            "worst_dpd_days_24m 200",
            result="values_known[fct_user_credit_history_daily]",
        ),
    ],
    "days_within_window": [
        update(
            _SPENDING,
            "spend_active_days_30d = 31",
            "spend_active_days_30d 200",
            result="days_within_window[fct_user_spending_daily]",
        ),
        update(
            _HISTORY,
            "evidence_days = 732",
            "evidence_days 200",
            result="days_within_window[fct_user_credit_history_daily]",
        ),
    ],
    "windows_nested": [
        update(
            _SPENDING,
            "spend_count_7d = spend_count_30d, spend_count_30d = spend_count_7d",
            "spend_count_7d in spend_count_30d 200",
            result="windows_nested[fct_user_spending_daily]",
        ),
        update(
            _HISTORY,
            "worst_dpd_days_24m = 0, worst_dpd_days_365d = 40",
            "worst_dpd_days_365d in worst_dpd_days_24m 50",
            "worst_dpd_days_24m > 0",
            "windows_nested[fct_user_credit_history_daily]",
        ),
    ],
    "recency_agrees": [
        update(
            _REPAYMENT,
            "repayment_days_since_last = 30",
            "repayment_count_30d 200",
            result="recency_agrees[fct_user_repayment_daily]",
        ),
        update(
            _LINKAGE,
            "loan_draw_days_since_last = null",
            "loan_draw_count_90d 200, loan_draw_count_30d 200",
            result="recency_agrees[fct_user_product_linkage_daily]",
        ),
    ],
    "spending_agrees": [
        update(_SPENDING, "spend_merchant_count_90d = 31", "merchants_90d 200"),
        update(_SPENDING, "spend_amount_30d = 1", "share_7d_of_30d 200, share_30d_of_90d 200"),
        update(_SPENDING, "spend_amount_90d = spend_amount_90d / 100", "mean_90d 200"),
    ],
    "repayment_agrees": [update(_REPAYMENT, "converted_amount_365d = 1201", "converted_365d 200")],
    "history_agrees": [
        update(_HISTORY, "outstanding_loan_amount = 301", "outstanding 200"),
        update(_HISTORY, "overdue_amount = 600, overdue_ratio = 1", "overdue_is_past_due 200"),
        update(_HISTORY, "late_90_count_24m = 1", "late_90_has_worst_24m 200"),
    ],
    "linkage_agrees": [
        update(_LINKAGE, "draw_before_repayment_count_90d = 3", "draws_before_repayment_90d 200")
    ],
    "marts_agree": [
        update(_LINKAGE, "revolving_limit_amount = 6000", "revolving_left 200"),
        sql(f"delete from {_REPAYMENT} where {_TONIGHT}", "no rows"),
    ],
    "late_payers_not_punctual": [
        update(
            _REPAYMENT,
            "on_time_ratio_365d = 1, on_time_ratio_24m = 1",
            "24m 1",
        ),
    ],
    "overdue_within_owed": [update(_HISTORY, "overdue_amount = 600", "0.5", "user_key % 2 = 0")],
    "night_facts_agree": [
        update(_DIM, "months_on_book = months_on_book + 1", "months_on_book 200"),
        update(_HISTORY, "evidence_days = evidence_days + 1", "evidence_days 7", "user_key < 1007"),
    ],
    "age_in_range": [update(_DIM, "months_on_book = -1", "200 of 200 rows break it")],
    "consent_known": [
        update(
            _DIM,
            "has_scoring_consent = null",
            "200 of 200 rows break it",
            result="consent_known[has_scoring_consent]",
        )
    ],
    "consent_basis_known": [update(_DIM, "consent_basis = 'assumed'", "200 of 200 rows break it")],
    "consent_basis_single": [
        update(_DIM, "consent_basis = 'outside_system'", "2", "user_key = 1003")
    ],
    "consent_was_granted": [
        update(_DIM, "user_key = 77", "1", "user_key = 1003"),
    ],
    "consent_not_revoked": [
        sql(
            "create table ops.kept as from raw.consents; drop view raw.consents; "
            "create view raw.consents as select * replace ('revoked' as state) from ops.kept",
            "200",
        )
    ],
    "consent_basis_true": [update(_DIM, "consent_basis = 'outside_system'", "200")],
    "spending_within_raw": [
        update(
            _SPENDING,
            "spend_amount_30d = spend_amount_30d * 2",
            "amount 91,560",
        ),
        update(_SPENDING, "spend_count_30d = spend_count_30d * 2", "count 960"),
    ],
    "repayments_within_raw": [
        update(_REPAYMENT, "repayment_amount_90d = repayment_amount_90d * 2", "amount 47,900"),
        update(_REPAYMENT, "repayment_count_90d = repayment_count_90d * 2", "count 500"),
    ],
    "draws_within_raw": [
        update(_LINKAGE, "loan_draw_amount_90d = loan_draw_amount_90d * 2", "amount 18,260"),
        update(_LINKAGE, "loan_draw_count_90d = loan_draw_count_90d * 2", "count 200"),
    ],
    "days_since_spending_age": [
        # The night before once more, under this night's date.
        update(_SPENDING, "spend_days_since_last = spend_days_since_last - 1", "0"),
    ],
    "evidence_shrinks_by_what_leaves_the_windows": [
        update(_DIM, "evidence_days = evidence_days - 5", "0")
    ],
    "months_on_book_advance": [
        update(_DIM, "months_on_book = months_on_book * 30", "0"),
    ],
    "consent_stable": [
        update(_DIM, "has_scoring_consent = false", "0.5", "user_key % 2 = 0"),
    ],
    "spending_jumps": [
        update(_SPENDING, "spend_amount_365d = spend_amount_365d * 2", "spend_amount_365d 1"),
        update(
            _SPENDING,
            "spend_count_90d = spend_category_count_90d, "
            "spend_category_count_90d = spend_count_90d",
            "spend_count_90d 1, spend_category_count_90d 1",
        ),
        update(
            _SPENDING,
            "paylater_spend_ratio_90d = refund_ratio_180d, "
            "refund_ratio_180d = paylater_spend_ratio_90d",
            "refund_ratio_180d 1, paylater_spend_ratio_90d 1",
        ),
    ],
    "repayment_jumps": [
        update(
            _REPAYMENT,
            "repayment_amount_180d = repayment_amount_180d * 100",
            "repayment_amount_180d 1",
        )
    ],
    "history_jumps": [update(_HISTORY, "account_count = account_count * 2", "account_count 1")],
    "owed_jumps": [
        update(_HISTORY, "outstanding_amount = outstanding_amount * 2", "outstanding_amount 1")
    ],
    "linkage_jumps": [
        update(
            _LINKAGE,
            "revolving_limit_amount = installment_limit_amount, "
            "installment_limit_amount = revolving_limit_amount",
            "revolving_limit_amount 1, installment_limit_amount 1",
        )
    ],
    "emptied_columns": [
        update(
            _REPAYMENT,
            "payment_ratio_180d = null",
            "payment_ratio_180d 0.4",
            "user_key % 2 = 0",
            "emptied_columns[fct_user_repayment_daily]",
        )
    ],
    "totals_drift": [
        update(
            _REPAYMENT,
            "repayment_amount_90d = repayment_amount_90d * 1.5",
            "repayment_amount_90d 1.5",
            result="totals_drift[fct_user_repayment_daily]",
        )
    ],
}

_SCORES, _POINTS, _REASONS = "scores.scores", "scores.score_points", "scores.score_reasons"
_CHANGES = "scores.score_changes"
_UNSCORED = (
    "score = null, band_code = null, points_base = null, points_spending = null, "
    "points_repayment = null, points_history = null, points_linkage = null, points_clipped = null, "
    "score_low = null, score_high = null, evidence_strength = null"
)
_REFUSED = f"{_UNSCORED}, score_status = 'no_consent', score_status_reason = 'no consent'"

SCORES = {
    "rows_present": [
        sql(f"delete from {_SCORES} where {_TONIGHT}", "no rows"),
        update(_SCORES, "as_of_date = as_of_date + 1", "no rows"),
    ],
    "users_unique": [sql(_DUPLICATED.format(_SCORES, _TONIGHT), "20 of 210 rows break it")],
    "same_users": [
        sql(f"delete from {_SCORES} where {_TONIGHT} and user_key % 2 = 0", "missing 100"),
        update(_SCORES, "user_key = 5", "missing 1, surplus 1", "user_key = 1003"),
    ],
    "night_facts_agree": [
        update(_SCORES, "evidence_days = evidence_days - 1", "evidence_days 200"),
        update(_SCORES, "months_on_book = months_on_book + 1", "months_on_book 200"),
    ],
    "card_single": [
        update(_SCORES, "card_id = 'other_v1'", "card 2", "user_key = 1003"),
        update(_SCORES, "code_version = '0.0.9'", "code 2", "user_key = 1003"),
    ],
    "score_in_range": [
        update(_SCORES, "score = 951", "1 of 200 rows break it", "user_key = 1003"),
        update(_SCORES, "score = 349", "1 of 200 rows break it", "user_key = 1003"),
        update(_SCORES, "score = -999", "200 of 200 rows break it"),
    ],
    "status_known": [
        update(_SCORES, "score_status = 'unknown'", "1 of 200 rows break it", "user_key = 1003")
    ],
    "status_and_score_agree": [
        update(_SCORES, "score = null", "scored_without_score 1", "user_key = 1003"),
        update(_SCORES, "points_history = null", "scored_without_points 1", "user_key = 1003"),
        update(
            _SCORES,
            "score_status = 'no_consent'",
            "unscored_with_score 1, unscored_with_points 1, unscored_without_reason 1",
            "user_key = 1003",
        ),
    ],
    "points_sum_to_score": [
        update(_SCORES, "score = score + 1", "200 of 200 rows break it"),
        update(
            _SCORES,
            "points_history = points_history - 1",
            "1 of 200 rows break it",
            "user_key = 1003",
        ),
    ],
    "clip_only_at_the_ends": [
        update(_SCORES, "points_clipped = 10, points_base = points_base - 10", "200")
    ],
    "base_single": [
        update(
            _SCORES,
            "points_base = points_history, points_history = points_base",
            "2",
        )
    ],
    "band_matches_score": [
        update(_SCORES, "band_code = 'excellent'", "200"),
        update(_SCORES, "band_code = null", "1", "user_key = 1003"),
    ],
    "card_decided": [
        update(_SCORES, "card_id = 'other_v1'", "200"),
        sql("update ops.card_runs set role = 'challenger'", "200"),
    ],
    "probability_falls_with_score": [
        update(_SCORES, "pd_12m = 0.04", "0"),
        update(_SCORES, "pd_12m = score / 1000", "1"),
    ],
    "probability_in_range": [update(_SCORES, "pd_12m = 12", "200 of 200 rows break it")],
    "interval_holds_score": [
        update(_SCORES, "score_low = score + 1", "low_above_score 1", "user_key = 1003"),
        update(_SCORES, "score_high = score - 1", "high_below_score 1", "user_key = 1003"),
        update(_SCORES, "score_low = 349, score_high = 951", "outside_range 200"),
        update(_SCORES, "score_low = null", "one_end_missing 1", "user_key = 1003"),
        update(
            _SCORES,
            "score_low = null, score_high = null",
            "scored_without_interval 1",
            "user_key = 1003",
        ),
        update(
            _SCORES,
            f"{_UNSCORED.partition(', score_low')[0]}, score_low = 500, score_high = 600",
            "unscored_with_interval 1",
            "user_key = 1003",
        ),
    ],
    "strength_known": [
        update(_SCORES, "evidence_strength = 'weak'", "1 of 200", "user_key = 1003")
    ],
    "strength_and_consent_agree": [
        update(_SCORES, "evidence_strength = null", "judged_in_part 1", "user_key = 1003"),
        update(
            _SCORES, "score_status = 'no_consent'", "judged_without_consent 1", "user_key = 1003"
        ),
    ],
    "consent_respected": [
        update(
            _DIM,
            "has_scoring_consent = false",
            "scored_without_consent 1, other_status_without_consent 1",
            "user_key = 1003",
        ),
        update(_SCORES, _REFUSED, "refused_despite_consent 1", "user_key = 1003"),
    ],
    "points_explained": [
        sql(f"delete from {_POINTS} where {_TONIGHT} and user_key = 1003", "scored_unexplained 1"),
        sql(_DUPLICATED.format(_POINTS, _TONIGHT), "explained_twice 10"),
        update(
            _POINTS, "user_key = 7", "scored_unexplained 1, explained_unscored 1", "user_key = 1003"
        ),
        update(_POINTS, "bins = ['a']", "lists_not_aligned 200"),
        update(
            _POINTS, "points = [points[1] + 1, points[2], points[3], points[4]]", "other_sum 200"
        ),
    ],
    "reasons_ranked": [
        update(_REASONS, "reason_rank = 5", "ranks_broken 200", "reason_rank = 4"),
        update(_REASONS, "feature_name = 'feature_1'", "features_repeated 200"),
        update(
            _REASONS,
            "user_key = user_key + 5000",
            "reasons_unscored 1, scored_without_reasons 1",
            "user_key = 1003",
        ),
        update(_REASONS, "points_lost = 60", "order_broken 200", "reason_rank = 2"),
        update(_REASONS, "reason_zh = ' '", "texts_missing 800"),
    ],
    "reasons_match_points": [
        update(_REASONS, "points = points + 1", "800"),
        update(_REASONS, "feature_name = 'spend_count_7d'", "200", "reason_rank = 2"),
    ],
    "features_as_scored": [
        update(
            _POINTS,
            "feature_values = list_concat([-1], feature_values[2:])",
            "1",
            "user_key = 1003",
        ),
        update(_HISTORY, "worst_dpd_days_24m = worst_dpd_days_24m + 1", "200"),
    ],
    "changes_add_up": [
        sql(f"delete from {_CHANGES} where {_TONIGHT} and user_key = 1003", "users_without_row 1"),
        sql(_DUPLICATED.format(_CHANGES, _TONIGHT), "users_repeated 10"),
        update(_CHANGES, "score_change = 2", "other_change 1, parts_broken 1", "user_key = 1010"),
        update(_CHANGES, "score_change = null", "other_change 200, parts_broken 200"),
        update(_CHANGES, "change_late = change_late + 1", "parts_broken 200, causes_broken 200"),
        update(
            _CHANGES,
            "feature_changes = [2]",
            "features_broken 1",
            "user_key = 1010",
        ),
        update(
            _CHANGES,
            "change_late = change_behaviour, change_behaviour = 0",
            "causes_broken 20",
        ),
        update(_CHANGES, "feature_ageing = [1]", "causes_broken 1", "user_key = 1010"),
        update(
            _CHANGES,
            "change_undivided = change_behaviour, change_behaviour = null",
            "causes_broken 200",
        ),
    ],
    "scores_not_constant": [update(_SCORES, "score = 600", "1")],
    "scores_vary": [update(_SCORES, "score = 600 + user_key % 3", "0.81546")],
    "scores_distinct": [update(_SCORES, "score = 600 + 20 * (user_key % 4)", "4")],
    "scores_clipped": [update(_SCORES, "score = 950", "0.5", "user_key % 2 = 0")],
    "late_payers_score_lower": [
        update(_SCORES, "score = 1200 - score", "101.867"),
    ],
    "scored_share_stable_stop": [update(_SCORES, _REFUSED, "-0.5", "user_key % 2 = 0")],
    "scored_share_stable_warn": [update(_SCORES, _REFUSED, "-0.1", "user_key % 10 = 0")],
    "mean_shift_stop": [update(_SCORES, "score = score - 60", "-59.9")],
    "mean_shift_warn": [update(_SCORES, "score = score + 15", "15.1")],
    "users_jump": [update(_SCORES, "score = 1150 - score", "0.25")],
    "users_move": [
        sql(
            f"update {_SCORES} set score = previous.score from {_SCORES} as previous "
            f"where scores.{_TONIGHT} and previous.as_of_date = date '2025-01-30' "
            "and previous.user_key = scores.user_key",
            "0",
        )
    ],
    "bands_drift_stop": [update(_SCORES, "band_code = 'excellent'", "10.7975")],
    "bands_drift_warn": [
        update(_SCORES, "band_code = 'very_good'", "0.153831", "user_key % 20 = 1"),
    ],
    "promoted_card_keeps_its_scale": [
        sql(
            _SHADOW.format("true", "score + 60")
            .replace("demo_v2", "expert_v1")
            .replace("2025-01-31", "2025-01-30"),
            "-59.9",
        )
    ],
    "challengers_scored": [
        sql(
            "insert into ops.card_runs values (date '2025-01-31', date '2025-01-31', 'demo_v2', "
            "'h', 'challenger', 'failed', null, 'KeyError', 'r', 'v', now())",
            "1",
        )
    ],
    "shadow_scores_whole": [
        sql(_SHADOW.format("user_key < 1100", "score"), "challengers_with_other_users 1"),
        sql(_SHADOW.format("true", "score + 1"), "scores_not_added_up 200"),
        sql(_SHADOW.format("true", "null"), "scores_not_added_up 200"),
        sql(
            _SHADOW.format("true", "score").replace("points_base", "points_base + 400"),
            "scores_not_added_up 200",
        ),
        sql(
            _SHADOW.format("true", "score + 400").replace("points_base", "points_base + 400"),
            "scores_out_of_range 150",
        ),
    ],
}

DAMAGE = {"landing": LANDING, "marts": MARTS, "scores": SCORES}

BY_THE_REFERENCE = {"reference_agrees", "reference_compares_every_feature"}
"""Of the marts gate: handmade marts agree with no raw rows; ``test_reference.py`` breaks these."""
