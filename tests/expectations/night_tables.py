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
from scoring.marts.documents import DATA_TYPES, read_catalog
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.expectations.night_values import VALUES

NIGHT = Night(date(2025, 1, 31), date(2025, 1, 31), "night-test")
PREVIOUS = date(2025, 1, 30)
USERS = 200
BATCH_DAYS = 10
ROWS_PER_BATCH = {"users": 200, "consents": 200, "transactions": 150, "repayments": 70}
OTHER_ROWS = 60
NULL_COLUMNS = {"refund_of", "merged_into_key"}

DIM = """
    true as has_scoring_consent,
    false as has_gated_consent,
    'in_feed' as consent_basis,
    (12 + i % 24)::bigint as months_on_book,
    (20 + i % 10 + day)::bigint as evidence_days
"""
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
        560 + spending + repayment + history + linkage - 20 as score_low,
        560 + spending + repayment + history + linkage + 10 as score_high,
        'moderate' as evidence_strength,
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
        [spend_amount_90d, payment_ratio_180d, worst_dpd_days_24m, product_count],
        ['a', 'b', 'c', 'd'],
        [points_spending, points_repayment, points_history, points_linkage],
    from scores.scores
    inner join marts.fct_user_spending_daily using (user_key, as_of_date, known_on)
    inner join marts.fct_user_repayment_daily using (user_key, as_of_date, known_on)
    inner join marts.fct_user_credit_history_daily using (user_key, as_of_date, known_on)
    inner join marts.fct_user_product_linkage_daily using (user_key, as_of_date, known_on)
"""
REASONS = """
    insert into scores.score_reasons
    select
        user_key, as_of_date, known_on, rank, feature_names[rank], 'spending', points[rank],
        50 - 10 * rank, 'S0' || rank, '原因', 'A reason',
    from scores.score_points
    cross join range(1, 5) as ranks(rank)
"""
# The night's change of a point is something that happened in between.
CHANGES = """
    insert into scores.score_changes
    select
        user_key, as_of_date, known_on, date '2025-01-30', date '2025-01-30', 'divided',
        points_repayment, 0, 0, points_repayment, 0, 0, 0,
        if(points_repayment = 0, [], ['payment_ratio_180d']),
        if(points_repayment = 0, [], [points_repayment]),
        if(points_repayment = 0, [], [0]),
        if(points_repayment = 0, [], [0]),
        if(points_repayment = 0, [], [points_repayment]),
        if(points_repayment = 0, [], [0]),
    from scores.scores
    where as_of_date = date '2025-01-31'
"""
CARD_RUNS = """
    insert into ops.card_runs
    select distinct
        as_of_date, known_on, card_id, 'h', 'champion', 'scored', 200, null, 'r', 'v', now()
    from scores.scores
"""


def build_warehouse(settings: Settings) -> None:
    """Fill an empty home so that all three gates open without a warning."""
    with open_warehouse(settings) as connection:
        _build_marts(connection)
        for statement in (SCORES, POINTS, REASONS, CHANGES, CARD_RUNS):
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
    for mart, columns in {"dim_user_night": DIM, **_feature_columns()}.items():
        connection.execute(
            f"""
            create table marts.{mart} as
            select
                (1000 + i)::bigint as user_key,
                date '2025-01-30' + day::integer as as_of_date,
                date '2025-01-30' + day::integer as known_on,
                {columns}
            from (select i, 10 + i % 20 as n from range({USERS}) as numbers(i)) as users
            cross join range(2) as nights(day)
            """
        )
    connection.execute("create table marts.feature_catalog (feature_name varchar, mart varchar)")
    connection.executemany(
        "insert into marts.feature_catalog values (?, ?)",
        [(row["feature_name"], row["mart"]) for row in read_catalog()],
    )


def _feature_columns() -> dict[str, str]:
    """Mart -> its columns as SQL: every feature of the catalogue, 0 or empty without a value."""
    columns: dict[str, list[str]] = {}
    for row in read_catalog():
        name = row["feature_name"]
        default = "0" if row["missing_rule"].startswith("never empty") else "null"
        column = f"({VALUES.get(name, default)})::{DATA_TYPES[row['unit']]} as {name}"
        columns.setdefault(row["mart"], []).append(column)
    return {mart: ", ".join(parts) for mart, parts in columns.items()}


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
