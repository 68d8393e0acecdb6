"""Every scenario in one deployment, all their nights built, and what came out record by record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb

from scoring.landing.ingest import ingest_range
from scoring.marts.build import build_nights
from scoring.marts.records import MARTS
from scoring.nights import Night
from scoring.settings import Settings, load_settings
from scoring.simulator.scenarios.landing import write_scenarios
from scoring.simulator.scenarios.scenario import Scenario, load_scenario, scenario_names
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY

NightKey = tuple[date, date]
Records = dict[tuple[str, str], dict[str, Any]]
ExpectedRecords = Mapping[tuple[str, str], dict[str, Any] | None]

_OBLIGATION = """
    amount_due as due, paid_amount as paid, outstanding_amount as outstanding,
    coalesce(case when is_past_due then late_days end, 0) as dpd,
    case
        when is_past_due is null then 'nothing_due'
        when is_past_due then 'overdue'
        when is_late then 'cured'
        when met_date is null then 'open'
        when amount_due = paid_amount + converted_amount + waived_amount then 'settled'
        else 'minimum_met'
    end as status,
    converted_amount as converted, carried_amount as carried, waived_amount as waived
"""
_INSTALLMENT_ID = "loan_id || '#' || installment_no as installment_id"


def _ids(staged: str, key: str, record_id: str, column: str) -> str:
    """The landed ids that the keys in ``column`` stand for."""
    return f"""inner join (
            select distinct {key} as {column}, {record_id} from staging.{staged}
        ) using ({column})"""


_QUERIES = {
    "statements": f"""
        select as_of_date, known_on, statement_id, {_OBLIGATION}
        from intermediate.int_statements__settled
        {_ids("stg_statements", "statement_key", "statement_id", "statement_key")}
        left join (
            select as_of_date, known_on, obligation_key as statement_key,
                is_past_due, is_late, late_days, met_date
            from intermediate.int_obligations
            where obligation_kind = 'statement'
        ) using (as_of_date, known_on, statement_key)
    """,
    "installments": f"""
        select as_of_date, known_on, installment_id, {_OBLIGATION}
        from intermediate.int_obligations
        {_ids("stg_installments", "installment_key", _INSTALLMENT_ID, "obligation_key")}
        where obligation_kind = 'installment'
    """,
    "loans": f"""
        select as_of_date, known_on, loan_id, outstanding_amount as outstanding, is_open
        from intermediate.int_loans__outstanding
        {_ids("stg_loans", "loan_key", "loan_id", "loan_key")}
    """,
    "accounts": f"""
        select as_of_date, known_on, account_id, status, limit_amount
        from intermediate.int_accounts__effective
        {_ids("stg_accounts", "account_key", "account_id", "account_key")}
    """,
    "repayments": f"""
        select as_of_date, known_on, repayment_id, held_reason
        from intermediate.int_repayments__resolved
        {_ids("stg_repayments", "repayment_key", "repayment_id", "repayment_key")}
    """,
}


@dataclass(frozen=True)
class Difference:
    """One value, or one whole record (``name`` empty), that is not as expected."""

    kind: str
    record_id: str
    name: str
    expected: Any
    found: Any


@cache
def scenario_nights(base: Path) -> dict[NightKey, Records]:
    """Night -> (kind, id) -> values, over all scenarios."""
    scenarios = [load_scenario(name) for name in scenario_names()]
    settings = load_settings(
        home=Path(mkdtemp(prefix="scenarios", dir=base)) / "home",
        identity_key=TEST_KEY,
        landing_quiet_seconds=0,
        minimum_due_ratio=Decimal("0.1"),
        due_grace_days=0,
        threads=2,
        keep_intermediate=True,
    )
    write_scenarios(scenarios, settings.landing, "parquet")
    first = min(scenario.batch_dates[0] for scenario in scenarios)
    last = max(scenario.batch_dates[1] for scenario in scenarios)
    ingest_range(settings, first, last, run_id="scenarios")
    found: dict[NightKey, Records] = {}
    for nights in group_nights(scenarios):
        build_nights(settings, [Night(as_of, known_on, "scenarios") for as_of, known_on in nights])
        for night in nights:
            found[night] = {}
        _read(settings, found)
    return found


def group_nights(scenarios: list[Scenario]) -> list[list[NightKey]]:
    """Every night that is asked about, in as few groups as have each day once."""
    nights = sorted({item.night for scenario in scenarios for item in scenario.expected})
    groups: list[list[NightKey]] = []
    for night in nights:
        for group in groups:
            if night[0] not in {as_of for as_of, _ in group}:
                group.append(night)
                break
        else:
            groups.append([night])
    return groups


def _read(settings: Settings, found: dict[NightKey, Records]) -> None:
    """Add what the tables hold now: each build leaves the intermediate tables of its own nights."""
    with duckdb.connect(str(settings.vault_file), read_only=True) as vault:
        user_ids = dict(vault.execute("select user_key, user_id from identities").fetchall())
    with open_warehouse(settings) as connection:
        for kind, query in _QUERIES.items():
            for as_of, known_on, record_id, values in _rows(connection, query):
                found[as_of, known_on][kind, record_id] = values
        for mart in MARTS:
            query = f"""
                select as_of_date, known_on, user_key, *
                from marts.{mart}
                where (as_of_date, known_on) in (select (as_of_date, known_on) from ops.run_dates)
            """
            for as_of, known_on, user_key, values in _rows(connection, query):
                record = found[as_of, known_on].setdefault(("features", user_ids[user_key]), {})
                record |= values


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str
) -> list[tuple[date, date, Any, dict[str, Any]]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description][3:]
    return [
        (as_of, known_on, record_id, dict(zip(names, values, strict=True)))
        for as_of, known_on, record_id, *values in result.fetchall()
    ]


def find_differences(expected: ExpectedRecords, found: Records) -> list[Difference]:
    """Every expected value that is not there, and every record that is there or not against it."""
    differences = []
    for (kind, record_id), values in expected.items():
        record = found.get((kind, record_id))
        if values is None or record is None:
            if (values is None) != (record is None):
                facts = (values is not None, record is not None)
                differences.append(Difference(kind, record_id, "", *facts))
            continue
        differences += [
            Difference(kind, record_id, name, value, record[name])
            for name, value in _as_in_marts(kind, values).items()
            if record[name] != value
        ]
    return differences


def _as_in_marts(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """The marts know the two parts of a limit only together."""
    if kind != "accounts":
        return values
    limit, extra = values["credit_limit"], values["temporary_limit"]
    total = None if limit is None and not extra else (limit or 0) + extra
    return {"status": values["status"], "limit_amount": total}
