"""A small build warehouse made by hand, so that every published number is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from scoring.clock import utc_now
from scoring.landing.contract import load_feeds
from scoring.nights import Night, make_night
from scoring.publish.gates import GATES
from scoring.publish.published import published_file
from scoring.publish.step import publish_night
from scoring.recording import StepReport
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier
from scoring.warehouse.store import open_warehouse

FIRST = date(2025, 1, 30)
SECOND = date(2025, 1, 31)
THIRD = date(2025, 2, 1)

FEATURES = (
    ("spend_amount_90d", "fct_user_spending_daily", "spending", "scoring", "decimal(18, 2)"),
    ("payment_ratio_180d", "fct_user_repayment_daily", "repayment", "scoring", "decimal(18, 6)"),
    ("current_dpd_days", "fct_user_credit_history_daily", "history", "scoring", "bigint"),
    ("income_amount_90d", "fct_user_product_linkage_daily", "linkage", "gated", "decimal(18, 2)"),
)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A naive UTC timestamp, the way raw holds it."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Scored:
    """One user's score as its parts; ``None`` parts make an unscored user."""

    base: int = 600
    spending: int = 0
    repayment: int = 0
    history: int = 0
    linkage: int = 0
    clipped: int = 0
    status: str = "scored"

    @property
    def parts(self) -> tuple[int, ...]:
        return (
            self.base,
            self.spending,
            self.repayment,
            self.history,
            self.linkage,
            self.clipped,
        )

    @property
    def score(self) -> int | None:
        return sum(self.parts) if self.status == "scored" else None


UNSCORED = Scored(status="insufficient_history")
NO_CONSENT = Scored(status="no_consent")


class Handmade:
    """A deployment whose warehouse holds what the tests put there."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        with open_warehouse(settings) as connection:
            _create_marts(connection)

    def land_users(
        self, dt: date, keys: Sequence[int], merged: Mapping[int, int] | None = None
    ) -> None:
        """One users batch."""
        targets = merged or {}
        rows = [{"user_key": key, "merged_into_key": targets.get(key)} for key in keys]
        self.land("users", dt, rows)

    def land_consents(
        self,
        dt: date,
        states: Mapping[int, str],
        *,
        purpose: str = "credit_scoring",
        changed_at: datetime | None = None,
        is_deleted: bool = False,
    ) -> None:
        """One consents batch; by default its changes happened at noon UTC of the day before."""
        moment = changed_at or utc(dt.year, dt.month, dt.day, 12) - timedelta(days=1)
        rows = [
            {
                "user_key": key,
                "purpose": purpose,
                "changed_at": moment,
                "state": state,
                "is_deleted": is_deleted,
            }
            for key, state in states.items()
        ]
        self.land("consents", dt, rows)

    def land(self, feed: str, dt: date, rows: Sequence[Mapping[str, object]]) -> None:
        """A raw partition as ingest leaves it, recorded in ``ops.batches``."""
        columns = load_feeds()[feed].raw_columns
        name = f"{feed}/dt={dt}/{len(rows)}-{utc_now():%H%M%S%f}.parquet"
        target = self.settings.raw / name
        target.parent.mkdir(parents=True, exist_ok=True)
        typed = ", ".join(f"{quote_identifier(column)} {kind}" for column, kind in columns.items())
        fixed = {"is_deleted": False, "batch_date": dt, "known_basis": "landed", "dt": dt}
        with duckdb.connect() as memory:
            memory.execute(f"create table landed ({typed})")
            for row in rows:
                values = {**fixed, **row}
                memory.execute(
                    f"insert into landed values ({', '.join('?' for _ in columns)})",
                    [values.get(column) for column in columns],
                )
            memory.execute(f"copy landed to '{target}' (format parquet)")
        with open_warehouse(self.settings) as connection:
            connection.execute(
                """
                insert or replace into ops.batches
                    (feed, dt, state, known_basis, content_hash, raw_file, run_id, changed_at)
                values (?, ?, 'loaded', 'landed', ?, ?, 'by-hand', ?)
                """,
                [feed, dt, name, name, utc_now()],
            )

    def add_night(
        self,
        as_of_date: date,
        scores: Mapping[int, Scored],
        *,
        known_on: date | None = None,
        card_id: str = "expert_v1",
        code_version: str = "0.1.0+test",
    ) -> Night:
        """Marts, scores and open gates of one night, in place of what was there."""
        night = make_night(as_of_date, known_on)
        with open_warehouse(self.settings) as connection:
            connection.execute("begin")
            _delete_night(connection, night)
            for key, scored in scores.items():
                _insert_user(connection, night, key, scored, card_id, code_version)
            connection.execute("commit")
        self.set_gates(night)
        return night

    def set_gates(
        self, night: Night, gates: Sequence[str] = GATES, *, state: str = "passed", **row: str
    ) -> None:
        """Results of the gates of one night, one expectation each, instead of earlier ones."""
        with open_warehouse(self.settings) as connection:
            for gate in gates:
                connection.execute(
                    "delete from quality.gate_results "
                    "where gate = ? and as_of_date = ? and known_on = ?",
                    [gate, night.as_of_date, night.known_on],
                )
                connection.execute(
                    "insert into quality.gate_results values "
                    "(?, ?, ?, 'has rows', 'any', ?, ?, '1', 'it must', ?, ?)",
                    [
                        gate,
                        night.as_of_date,
                        night.known_on,
                        row.get("severity", "stop"),
                        state,
                        night.run_id,
                        utc_now(),
                    ],
                )

    def publish(
        self,
        as_of_date: date,
        scores: Mapping[int, Scored],
        *,
        known_on: date | None = None,
        **how: str,
    ) -> StepReport:
        """Put one night into the warehouse and publish it."""
        night = self.add_night(as_of_date, scores, known_on=known_on, **how)
        return publish_night(self.settings, night)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """What a reader of the published file gets."""
        return ask(published_file(self.settings), query)

    def ops(self, query: str) -> list[tuple[object, ...]]:
        """What the warehouse holds."""
        with open_warehouse(self.settings) as connection:
            return connection.execute(query).fetchall()


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    """The answer of one published file, opened the way readers do."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _create_marts(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table marts.dim_user_night (
            user_key bigint, as_of_date date, known_on date, has_scoring_consent boolean,
            has_gated_consent boolean, consent_basis varchar, months_on_book bigint,
            evidence_days bigint
        );
        create table marts.feature_catalog (
            feature_name varchar, mart varchar, dimension varchar, consent_level varchar
        );
        create table marts.score_bands as
        select 'all' as band_code, 350 as lower_bound, 951 as upper_bound;
        """
    )
    for name, mart, dimension, level, kind in FEATURES:
        connection.execute(
            f"create table marts.{mart} "
            f"(user_key bigint, as_of_date date, known_on date, {name} {kind})"
        )
        connection.execute(
            "insert into marts.feature_catalog values (?, ?, ?, ?)", [name, mart, dimension, level]
        )


def _delete_night(connection: duckdb.DuckDBPyConnection, night: Night) -> None:
    tables = [f"marts.{mart}" for _, mart, *_ in FEATURES]
    tables += ["marts.dim_user_night", "scores.scores", "scores.score_points"]
    for table in [*tables, "scores.score_reasons"]:
        connection.execute(
            f"delete from {table} where as_of_date = ? and known_on = ?",
            [night.as_of_date, night.known_on],
        )


def _insert_user(
    connection: duckdb.DuckDBPyConnection,
    night: Night,
    key: int,
    scored: Scored,
    card_id: str,
    code_version: str,
) -> None:
    place = [key, night.as_of_date, night.known_on]
    consents = scored.status != "no_consent"
    connection.execute(
        "insert into marts.dim_user_night values (?, ?, ?, ?, ?, 'in_feed', 12, 300)",
        [*place, consents, consents],
    )
    for number, (_, mart, *_) in enumerate(FEATURES):
        connection.execute(f"insert into marts.{mart} values (?, ?, ?, ?)", [*place, number])
    parts = scored.parts if scored.score is not None else (None,) * 6
    connection.execute(
        "insert into scores.scores values "
        "(?, ?, ?, ?, ?, null, ?, null, ?, ?, ?, ?, ?, ?, ?, 12, 300, ?, ?, ?, ?)",
        [
            *place,
            scored.score,
            scored.status,
            "all" if scored.score is not None else None,
            *parts,
            card_id,
            code_version,
            None if scored.score is None else scored.score - 10,
            None if scored.score is None else scored.score + 15,
            "strong" if consents else None,
        ],
    )
    if scored.score is None:
        return
    connection.execute(
        "insert into scores.score_points values (?, ?, ?, ?, ?, ?, ?)",
        [
            *place,
            ["spend_amount_90d", "payment_ratio_180d"],
            [100, None],
            ["[100, 200)", "missing"],
            [scored.spending, scored.repayment],
        ],
    )
    connection.execute(
        "insert into scores.score_reasons values "
        "(?, ?, ?, 1, 'payment_ratio_180d', 'repayment', ?, 5, 'R01', '还款', 'Repayment')",
        [*place, scored.repayment],
    )
