"""A small hand-built warehouse: 200 users, two nights, ten days of landed batches.

Every value is a formula of the user's or row's number, so that each test can say in one statement
what it breaks.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from scoring.landing.contract import Column, Feed, load_feeds
from scoring.landing.raw_files import raw_file_name
from scoring.landing.raw_views import create_raw_views
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

NIGHT = Night(date(2025, 1, 31), date(2025, 1, 31), "night-test")
PREVIOUS = date(2025, 1, 30)
USERS = 200
BATCH_DAYS = 10
ROWS_PER_BATCH = {"users": 200, "consents": 200, "transactions": 150, "repayments": 70}
OTHER_ROWS = 60
NULL_COLUMNS = {"refund_of", "merged_into_key"}

_PERCENT = "decimal(18, 6)"
_MONEY = "decimal(18, 2)"

SPENDING = f"""
    (10 + i % 20)::bigint as spend_count_90d,
    ((10 + i % 20) // 3)::bigint as spend_count_30d,
    ((10 + i % 20) // 9)::bigint as spend_count_7d,
    (100 * ((10 + i % 20) // 3))::{_MONEY} as spend_amount_30d,
    (100 * (10 + i % 20))::{_MONEY} as spend_amount_90d,
    (400 * (10 + i % 20))::{_MONEY} as spend_amount_365d,
    ((10 + i % 20) // 3 - 1)::bigint as spend_active_days_30d,
    (9 + i % 20)::bigint as spend_active_days_90d,
    100::{_MONEY} as spend_mean_amount_90d,
    150::{_MONEY} as spend_max_amount_90d,
    5::bigint as spend_merchant_count_90d,
    3::bigint as spend_category_count_90d,
    (((10 + i % 20) // 3)::decimal(18, 2) / (10 + i % 20))::{_PERCENT} as spend_30d_share_ratio_90d,
    (i % 5 + day)::bigint as spend_days_since_last,
    0.05::{_PERCENT} as refund_ratio_180d,
    0.5::{_PERCENT} as paylater_spend_ratio_90d
"""
REPAYMENT = f"""
    600::{_MONEY} as statement_due_amount_180d,
    300::{_MONEY} as repayment_amount_90d,
    3::bigint as repayment_count_90d,
    0.9::{_PERCENT} as payment_ratio_180d,
    0.8::{_PERCENT} as full_payment_ratio_365d,
    0.1::{_PERCENT} as minimum_only_ratio_365d,
    0.95::{_PERCENT} as on_time_ratio_365d,
    4::bigint as on_time_streak_count,
    0.5::{_PERCENT} as autopay_ratio_180d,
    1::bigint as autopay_failed_count_180d,
    0.1::{_PERCENT} as early_repayment_ratio_365d,
    0.0::{_PERCENT} as third_party_payment_ratio_365d
"""
# Every fourth user was 40 days late a year ago.
HISTORY = f"""
    (12 + i % 24)::bigint as months_on_book,
    2::bigint as account_count,
    0::bigint as current_dpd_days,
    0::bigint as worst_dpd_days_90d,
    0::bigint as worst_dpd_days_365d,
    (case when i % 4 = 0 then 40 else 0 end)::bigint as worst_dpd_days_24m,
    0::bigint as late_payment_count_90d,
    0::bigint as late_payment_count_365d,
    (case when i % 4 = 0 then 1 else 0 end)::bigint as late_30_count_24m,
    0::bigint as late_90_count_24m,
    (case when i % 4 = 0 then 380 + day end)::bigint as days_since_last_late,
    0::{_MONEY} as overdue_amount,
    500::{_MONEY} as outstanding_amount,
    null::bigint as reported_dpd_days,
    0::bigint as written_off_count,
    1::bigint as application_count_90d,
    0::bigint as rejected_application_count_365d,
    (20 + i % 10 + day)::bigint as evidence_days
"""
LINKAGE = f"""
    5000::{_MONEY} as revolving_limit_amount,
    10000::{_MONEY} as installment_limit_amount,
    0.1::{_PERCENT} as revolving_utilisation_ratio,
    0.2::{_PERCENT} as installment_utilisation_ratio,
    0.15::{_PERCENT} as joint_utilisation_ratio,
    2::bigint as product_count,
    2::bigint as loan_draw_count_90d,
    200::{_MONEY} as loan_draw_amount_90d,
    1::bigint as open_loan_count,
    100::{_MONEY} as installment_due_amount_next_30d,
    1::bigint as draw_before_repayment_count_90d,
    0.3::{_PERCENT} as cash_to_spend_ratio_90d,
    45::bigint as conversion_days,
    1::bigint as limit_raise_count_365d,
    0::bigint as limit_cut_count_365d
"""
DIM = """
    true as has_scoring_consent,
    false as has_gated_consent,
    'in_feed' as consent_basis,
    (12 + i % 24)::bigint as months_on_book,
    (20 + i % 10 + day)::bigint as evidence_days
"""
MARTS = {
    "dim_user_night": DIM,
    "fct_user_spending_daily": SPENDING,
    "fct_user_repayment_daily": REPAYMENT,
    "fct_user_credit_history_daily": HISTORY,
    "fct_user_product_linkage_daily": LINKAGE,
}
# Late users lose 100 points; with the night's change of a point for every tenth user.
SCORES = """
    insert into scores.scores by name
    with points as (
        select
            i,
            day,
            i % 60 as spending,
            case when i % 10 = 0 then day else 0 end as repayment,
            case when i % 4 = 0 then -100 else 0 end as history,
            5 as linkage,
        from range(200) as users(i)
        cross join range(2) as nights(day)
    )

    select
        1000 + i as user_key,
        date '2025-01-30' + day::integer as as_of_date,
        date '2025-01-30' + day::integer as known_on,
        560 + spending + repayment + history + linkage as score,
        'scored' as score_status,
        bands.band_code,
        560 as points_base,
        spending as points_spending,
        repayment as points_repayment,
        history as points_history,
        linkage as points_linkage,
        0 as points_clipped,
        'expert_v1' as card_id,
        12 + i % 24 as months_on_book,
        20 + i % 10 + day as evidence_days,
        '0.1.0' as code_version,
    from points
    inner join marts.score_bands as bands
        on
            560 + spending + repayment + history + linkage >= bands.lower_bound
            and 560 + spending + repayment + history + linkage < bands.upper_bound
"""
POINTS = """
    insert into scores.score_points
    select
        user_key,
        as_of_date,
        known_on,
        ['spend_amount_90d', 'payment_ratio_180d', 'worst_dpd_days_24m', 'product_count'],
        [1, 1, 1, 1],
        ['a', 'b', 'c', 'd'],
        [points_spending, points_repayment, points_history, points_linkage],
    from scores.scores
"""
REASONS = """
    insert into scores.score_reasons
    select
        user_key, as_of_date, known_on, rank, 'feature_' || rank, 'spending', 0, 50 - 10 * rank,
        'S0' || rank, '原因', 'A reason',
    from scores.scores
    cross join range(1, 5) as ranks(rank)
"""


def build_warehouse(settings: Settings) -> None:
    """Fill an empty home so that all three gates open without a warning."""
    with open_warehouse(settings) as connection:
        _build_marts(connection)
        for statement in (SCORES, POINTS, REASONS):
            connection.execute(statement)
        for feed in load_feeds().values():
            for back in range(BATCH_DAYS):
                land_batch(connection, settings, feed, NIGHT.as_of_date - timedelta(days=back))
        create_raw_views(connection, settings)


def land_batch(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    dt: date,
    *,
    changed: str = "",
    where: str = "true",
) -> None:
    """Write (or write over) one raw file and its row in ``ops.batches``.

    Args:
        connection: The open warehouse.
        settings: Where raw is.
        feed: The feed.
        dt: Landing date of the batch.
        changed: ``expression as column`` that replaces columns of the file.
        where: Which of its rows are kept; ``n`` is the row's number.
    """
    rows = ROWS_PER_BATCH.get(feed.name, OTHER_ROWS)
    columns = ", ".join(
        f"{_value(feed, column, dt)} as {column.raw_name}" for column in feed.columns
    )
    replaced = f"replace ({changed})" if changed else ""
    relation = f"""
        select * exclude (n) {replaced} from (
            select
                n, {columns}, false as is_deleted, date '{dt}' as batch_date,
                'landed' as known_basis, date '{dt}' as dt
            from range({rows}) as numbers(n)
        )
        where {where}
    """
    name = raw_file_name(feed.name, dt, f"{feed.name}{dt}")
    target = settings.raw / name
    target.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"copy ({relation}) to '{target}' (format parquet)")
    (count,) = connection.execute(f"select count(*) from '{target}'").fetchone() or (0,)
    connection.execute(
        """
        insert or replace into ops.batches
        values (?, ?, 'loaded', 'landed', 'h', 'c', ?, ?, ?, 0, 0, 0, [], null, null, 'r', ?)
        """,
        [feed.name, dt, name, count, count, dt],
    )


def _build_marts(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table marts.score_bands as
        select * from (values
            ('poor', 350, 550), ('fair', 550, 600), ('good', 600, 650),
            ('very_good', 650, 700), ('excellent', 700, 951)
        ) as bands(band_code, lower_bound, upper_bound)
        cross join (select date '1970-01-01' as valid_from, null::date as valid_to)
        """
    )
    for mart, columns in MARTS.items():
        connection.execute(
            f"""
            create table marts.{mart} as
            select
                (1000 + i)::bigint as user_key,
                date '2025-01-30' + day::integer as as_of_date,
                date '2025-01-30' + day::integer as known_on,
                {columns}
            from range({USERS}) as users(i)
            cross join range(2) as nights(day)
            """
        )
    connection.execute(
        """
        create table marts.feature_catalog as
        select column_name as feature_name, table_name as mart
        from information_schema.columns
        where
            table_schema = 'marts'
            and starts_with(table_name, 'fct_')
            and column_name not in ('user_key', 'as_of_date', 'known_on')
        """
    )


def _value(feed: Feed, column: Column, dt: date) -> str:
    """Value of a column in row ``n`` of a batch, as SQL."""
    if column.raw_name in NULL_COLUMNS:
        return f"null::{column.raw_type}"
    if column.name == "state":
        return "'granted'"
    if column.allowed:
        return f"'{column.allowed[0]}'"
    return {
        "user": f"(1000 + n % {USERS})::bigint",
        "text": f"'{feed.name}-{dt}-' || n",
        "integer": "(1 + n % 12)::bigint",
        "date": f"date '{dt}'",
        "timestamp": f"timestamp '{dt} 04:00:00'",
        "amount": "(100 + n % 7)::decimal(18, 2)",
        "rate": "0.0005::decimal(12, 8)",
        "boolean": "false",
    }[column.type]
