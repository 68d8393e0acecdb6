"""The staging rows that the features of some users depend on, other users' rows included.

What a feature may depend on besides the user's own rows is what ``scoring.reference.sample`` reads
for its sample, which every night's marts are compared with: merged users, refunds of somebody
else's purchase, an account or a loan that stands under two users. Rows too many do no harm: the
features of other users are not looked at.
"""

from __future__ import annotations

from datetime import date

import duckdb

WANTED = "wanted_users"
"""Temporary table with the column ``user_key``, made by the caller; ``WANTED_<feed>`` are made."""
CONNECTED = "connected_users"

_OWN_ROWS = ("limit_decisions", "consents", "disputes", "repayments", "statements")


def create_dependent_rows(connection: duckdb.DuckDBPyConnection, known_on: date) -> None:
    """Create a temporary table ``wanted_users_<feed>`` per feed, columns as in staging.

    Args:
        connection: The warehouse with ``wanted_users`` in place.
        known_on: Only versions known on this day are taken.
    """
    day = f"date '{known_on}'"
    known = f"known_from <= {day} and (known_until is null or {day} < known_until)"
    create_connected_users(connection, WANTED, CONNECTED)
    for feed in _OWN_ROWS:
        _create(connection, feed, f"{known} and user_key in (from {CONNECTED})")
    _create(
        connection,
        "accounts",
        f"""{known} and (
            user_key in (from {CONNECTED})
            or account_id in (select account_id from {WANTED}_statements)
            or account_id in (
                select account_id from staging.stg_accounts
                where {known} and user_key in (from {CONNECTED})
            )
        )""",
    )
    own_installments = f"""
        select loan_id from staging.stg_installments
        where {known} and user_key in (from {CONNECTED})
    """
    _create(
        connection,
        "loans",
        f"{known} and (user_key in (from {CONNECTED}) or loan_id in ({own_installments}))",
    )
    _create(
        connection,
        "installments",
        f"""{known} and (
            user_key in (from {CONNECTED}) or loan_id in (select loan_id from {WANTED}_loans)
        )""",
    )
    _create_transactions(connection, known)
    # Whose rows are here must be known too, or their rows would count as held.
    owners = " union ".join(
        f"select user_key from {WANTED}_{feed}"
        for feed in (*_OWN_ROWS, "accounts", "loans", "installments", "transactions")
    )
    _create(connection, "users", f"{known} and user_key in (from {CONNECTED} union {owners})")


def create_connected_users(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Create ``target``: the users of ``source``, and all that a chain of merges ever joined."""
    connection.execute(
        f"""
        create or replace temp table {target} as
        with recursive
        merges as (
            select user_key as one, merged_into_key as other
            from staging.stg_users
            where merged_into_key is not null
            union all
            select merged_into_key as one, user_key as other
            from staging.stg_users
            where merged_into_key is not null
        ),

        connected as (
            select user_key from {source}
            union
            select merges.other as user_key
            from connected
            inner join merges on connected.user_key = merges.one
        )

        select user_key from connected
        """
    )


def _create(connection: duckdb.DuckDBPyConnection, feed: str, condition: str) -> None:
    connection.execute(
        f"create or replace temp table {WANTED}_{feed} as "
        f"select * from staging.stg_{feed} where {condition}"
    )


def _create_transactions(connection: duckdb.DuckDBPyConnection, known: str) -> None:
    """Own movements, and those of others that give back the same purchases."""
    _create(connection, "transactions", f"{known} and user_key in (from {CONNECTED})")
    connection.execute(
        f"""
        insert into {WANTED}_transactions
        select * from staging.stg_transactions
        where {known} and user_key not in (from {CONNECTED})
            and purchase_key in (
                select purchase_key from {WANTED}_transactions where purchase_key is not null
            )
        """
    )
