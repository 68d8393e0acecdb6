"""Who turned bad: labels of observation dates from the credit ledger, only when matured.

Good and bad are told by days past due (DPD) in a performance window after the observation date, by
the ledger (``intermediate.int_obligations__late``) of the newest built night: labels as known now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scoring.errors import ConfigurationError, PermanentError

LABELS_SQL = Path(__file__).with_name("labels.sql")
GOOD, BAD = "good", "bad"
LEDGER_MONTHS = 24
"""How long the ledger remembers what was settled."""


class LabelRules(BaseModel):
    """What good and bad mean.

    Not labelled, and counted by reason: no consent to scoring; unscorable (too few days of
    evidence); no credit (no open account and nothing owed); bad already at the observation date;
    indeterminate. Disputed records do not count while the ledger leaves them out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_months: int = Field(default=12, ge=1, le=36, description="Performance window.")
    bad_days: int = Field(default=90, ge=1, description="DPD at any time in it that are bad.")
    indeterminate_days: int = Field(
        default=30, ge=1, description="From here up to bad_days neither good nor bad."
    )
    minimum_evidence_days: int = Field(
        default=0, ge=0, description="Fewer days with any record are not scored by the card."
    )

    @model_validator(mode="after")
    def _check(self) -> LabelRules:
        if self.indeterminate_days > self.bad_days:
            raise ValueError("indeterminate_days must not be above bad_days")
        return self

    @property
    def outcome(self) -> str:
        """What is predicted, in words."""
        return f"{self.bad_days}+ days past due within {self.window_months} months"


def make_rules(window_months: int, bad_days: int, indeterminate_days: int) -> LabelRules:
    """Rules from a command line.

    Raises:
        ConfigurationError: They contradict each other.
    """
    try:
        return LabelRules(
            window_months=window_months, bad_days=bad_days, indeterminate_days=indeterminate_days
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigurationError(
            "option refused",
            subject="--window-months, --bad-days, --indeterminate-days",
            expected=first["msg"],
            got=f"{window_months}, {bad_days}, {indeterminate_days}",
            next_step="Correct the command.",
        ) from None


@dataclass(frozen=True)
class LedgerNight:
    """The built night whose ledger gives the labels."""

    as_of_date: date
    known_on: date


@dataclass(frozen=True)
class Labels:
    """Labels and what became of the other rows.

    Attributes:
        table: ``user_key``, ``observation_date``, ``is_bad`` (1 or 0), ordered.
        observation_dates: Those that gave labels.
        ledger: The night that they are known of.
        counts: Label or reason -> rows, over all observation dates.
        unmatured_dates: Dates at hand whose window is not over yet.
    """

    table: pa.Table
    observation_dates: tuple[date, ...]
    ledger: LedgerNight
    counts: dict[str, int]
    unmatured_dates: tuple[date, ...]


def read_labels(
    connection: duckdb.DuckDBPyConnection,
    rules: LabelRules,
    observation_dates: Sequence[date] = (),
) -> Labels:
    """Label every user of the observation dates.

    Args:
        connection: The warehouse.
        rules: What good and bad mean.
        observation_dates: By default all month ends that the marts hold as known then and whose
            window is over.

    Raises:
        ConfigurationError: A named date has no features, or its window is not over.
        PermanentError: Nothing is built, or no window is over yet.
    """
    ledger = _find_ledger(connection)
    at_hand = _find_observations(connection, ledger)
    matured = {day for day in at_hand if _is_matured(connection, day, rules, ledger)}
    if observation_dates:
        _check_named(observation_dates, at_hand, matured, rules, ledger)
        chosen = sorted(set(observation_dates))
    else:
        chosen = sorted(day for day in matured if at_hand[day])
    if not chosen:
        raise PermanentError(
            "labels not made",
            subject=f"marts known on {ledger.known_on}",
            expected=f"a month end with features and {rules.window_months} months after it",
            got=f"{len(at_hand)} nights with features, none old enough",
            next_step="Backfill earlier month ends, or shorten the window: --window-months.",
        )
    labelled = connection.sql(
        LABELS_SQL.read_text(encoding="utf-8"),
        params={
            "ledger_date": ledger.as_of_date,
            "ledger_known_on": ledger.known_on,
            "observation_dates": chosen,
            "window_months": rules.window_months,
            "bad_days": rules.bad_days,
            "indeterminate_days": rules.indeterminate_days,
            "minimum_evidence_days": rules.minimum_evidence_days,
        },
    ).to_arrow_table()
    return Labels(
        table=_keep_labelled(labelled),
        observation_dates=tuple(chosen),
        ledger=ledger,
        counts=_count(labelled),
        unmatured_dates=tuple(sorted(set(at_hand) - matured)),
    )


def _find_ledger(connection: duckdb.DuckDBPyConnection) -> LedgerNight:
    try:
        rows = connection.execute(
            "select as_of_date, known_on from intermediate.int_users__resolved"
            " group by all order by as_of_date desc, known_on desc limit 1"
        ).fetchall()
        # A ledger that nobody is late in is empty; one built by an older release is not there.
        connection.execute("select late_from_date from intermediate.int_obligations__late limit 0")
    except duckdb.CatalogException:
        rows = []
    if not rows:
        raise PermanentError(
            "labels not made",
            subject="intermediate.int_obligations__late",
            expected="the credit ledger of a built night in the DuckDB warehouse",
            got="none",
            next_step="Build the newest night with CREDITLOOP_ENGINE=duckdb: creditloop build"
            " --date D",
        )
    return LedgerNight(*rows[0])


def _find_observations(
    connection: duckdb.DuckDBPyConnection, ledger: LedgerNight
) -> dict[date, bool]:
    """Nights with features as known then -> whether they are month ends.

    What was settled longer ago than the ledger looks back is no longer in it, so that an older
    night would find its users better than they were.
    """
    rows = connection.execute(
        "select as_of_date, as_of_date = last_day(as_of_date) from marts.dim_user_night"
        " where known_on = as_of_date and as_of_date >= (? - to_months(?))::date"
        " group by all order by as_of_date",
        [ledger.as_of_date, LEDGER_MONTHS],
    ).fetchall()
    return {day: bool(is_month_end) for day, is_month_end in rows}


def _is_matured(
    connection: duckdb.DuckDBPyConnection, day: date, rules: LabelRules, ledger: LedgerNight
) -> bool:
    ((end,),) = connection.execute(
        "select (?::date + to_months(?))::date", [day, rules.window_months]
    ).fetchall()
    return bool(end <= min(ledger.as_of_date, ledger.known_on))


def _check_named(
    named: Sequence[date],
    at_hand: dict[date, bool],
    matured: set[date],
    rules: LabelRules,
    ledger: LedgerNight,
) -> None:
    for day in sorted(set(named)):
        if day not in at_hand:
            raise _observation_refused(
                day,
                expected="features as known then in the marts",
                got="none",
                next_step=f"Build that night: creditloop backfill --from {day} --to {day}",
            )
        if day not in matured:
            last = min(ledger.as_of_date, ledger.known_on)
            raise _observation_refused(
                day,
                expected=f"{rules.window_months} months after it known by now, {last}",
                got="a performance window that is not over: its labels would call late bads good",
                next_step="Observe an earlier date, or shorten the window: --window-months.",
            )


def _observation_refused(
    day: date, *, expected: str, got: str, next_step: str
) -> ConfigurationError:
    return ConfigurationError(
        "observation date refused",
        subject=f"labels@{day}",
        expected=expected,
        got=got,
        next_step=next_step,
    )


def _keep_labelled(labelled: pa.Table) -> pa.Table:
    is_bad = pc.equal(labelled.column("label"), BAD)
    is_kept = pc.or_(is_bad, pc.equal(labelled.column("label"), GOOD))
    table = labelled.select(["user_key", "observation_date"])
    return table.append_column("is_bad", is_bad.cast(pa.int8())).filter(is_kept)


def _count(labelled: pa.Table) -> dict[str, int]:
    counted = labelled.column("label").value_counts().to_pylist()
    return {
        entry["values"]: entry["counts"] for entry in sorted(counted, key=lambda e: e["values"])
    }
