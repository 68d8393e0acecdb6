"""Who may be shown now: consent as known in the newest loaded batch, whatever night is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from scoring.settings import Settings

Basis = Literal["in_feed", "outside_system"]

CONSENTED_TABLE = "publish_consented"
"""Temporary table of one row per user who may be shown; all of raw.users where nobody is asked."""
GATED_TABLE = "publish_gated"
"""The same for features that need consent of their own."""

STATEMENTS: dict[Basis, str] = {
    "in_feed": "users without consent to credit scoring as known now are withheld",
    "outside_system": "no consents were ever landed: consent is taken as given outside the system",
}


@dataclass(frozen=True)
class Consent:
    """Consent as known now.

    Attributes:
        basis: Whether any consents row was ever landed.
        known_on: The newest loaded batch; None while nothing is loaded.
    """

    basis: Basis
    known_on: date | None

    @property
    def is_asked(self) -> bool:
        """Whether rows are withheld at all."""
        return self.basis == "in_feed"

    def condition(self, table: str = CONSENTED_TABLE) -> str:
        """SQL condition on ``user_key`` that lets only consenting users through."""
        return f"user_key in (select user_key from {table})" if self.is_asked else "true"


def read_consent(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Consent:
    """Find out who consents, and leave the answer in two temporary tables.

    Merged users are one person: the newest change of any of their keys holds for all of them, and
    of two at the same instant the revocation.
    """
    row = connection.execute("select max(dt) from ops.batches where state = 'loaded'").fetchone()
    known_on: date | None = row[0] if row else None
    landed = connection.execute("select exists (select 1 from raw.consents)").fetchone()
    basis: Basis = "in_feed" if known_on and landed and landed[0] else "outside_system"
    end = _end_of_day(known_on or date.min + timedelta(days=2), settings.business_timezone)
    _create_persons(connection, known_on)
    for table, purpose in (
        (CONSENTED_TABLE, "credit_scoring"),
        (GATED_TABLE, "consent_gated_data"),
    ):
        connection.execute(
            f"create or replace temp table {table} as {_GRANTED}",
            {"purpose": purpose, "known_on": known_on, "end": end},
        )
    return Consent(basis, known_on)


def _end_of_day(day: date, timezone: str) -> datetime:
    """The instant at which business day ``day`` ends, as a naive UTC timestamp."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def _create_persons(connection: duckdb.DuckDBPyConnection, known_on: date | None) -> None:
    connection.execute(
        "create or replace temp table publish_persons as " + _PERSONS, {"known_on": known_on}
    )


# One row per user key that was merged into another one, directly or by way of others.
_PERSONS = """
with recursive newest_users as (
    select user_key, merged_into_key, is_deleted
    from raw.users
    where batch_date <= $known_on
    qualify row_number() over (partition by user_key order by batch_date desc, dt desc) = 1
),

-- A target that is not known, or is withdrawn, is no merge.
merged as (
    select newest_users.user_key, newest_users.merged_into_key
    from newest_users
    inner join newest_users as survivors on survivors.user_key = newest_users.merged_into_key
    where not newest_users.is_deleted and not survivors.is_deleted
),

steps as (
    select user_key, merged_into_key as person_key, 1 as depth
    from merged
    union all
    select steps.user_key, merged.merged_into_key as person_key, steps.depth + 1 as depth
    from steps
    inner join merged on merged.user_key = steps.person_key
    where steps.depth < 64
)

-- Whose way leads to nobody who survives is in a ring: nobody there is merged.
select user_key, person_key
from steps
where person_key not in (select user_key from merged)
"""

_GRANTED = """
with newest_versions as (
    select user_key, changed_at, state, is_deleted
    from raw.consents
    where purpose = $purpose and batch_date <= $known_on
    qualify row_number() over (
        partition by user_key, changed_at order by batch_date desc, dt desc
    ) = 1
),

changes as (
    select
        coalesce(persons.person_key, versions.user_key) as person_key,
        versions.changed_at,
        versions.state,
    from newest_versions as versions
    left join publish_persons as persons using (user_key)
    where not versions.is_deleted and versions.changed_at < $end
),

granted as (
    select person_key
    from changes
    qualify row_number() over (
        -- 'revoked' sorts after 'granted': of two at one instant the revocation holds
        partition by person_key order by changed_at desc, state desc
    ) = 1 and state = 'granted'
)

select person_key as user_key
from granted
union
select persons.user_key
from publish_persons as persons
inner join granted using (person_key)
"""
