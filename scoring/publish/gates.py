"""Nothing is published for which the three gates have not passed, this very night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import duckdb

from scoring.errors import GateClosedError
from scoring.nights import Night

GATES = ("landing", "marts", "scores")
AUDITED = {"marts": "marts.", "scores": "scores."}
"""Gate -> prefix of the tables in ``ops.table_contents`` that it audits."""


def require_open_gates(
    connection: duckdb.DuckDBPyConnection, night: Night
) -> dict[str, dict[str, int]]:
    """Check that every gate ran for this night, after its tables were built, and let it through.

    Returns:
        Expectations per gate and state; a failed one that only warns counts as ``warned``.

    Raises:
        GateClosedError: A gate has no result for this night, an outdated one, an error, or a
            stopping expectation that failed.
    """
    summary = {gate: _read_gate(connection, night, gate) for gate in GATES}
    for gate, counts in summary.items():
        if not counts:
            _refuse(night, gate, "no result for this night")
        for state in ("errored", "failed"):
            if counts.get(state):
                _refuse(night, gate, f"{counts[state]} {state}")
    for gate, prefix in AUDITED.items():
        if _is_outdated(connection, night, gate, prefix):
            _refuse(night, gate, "a result older than the tables it checked")
    return summary


def sum_gates(nights: Sequence[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Expectations per gate and state of several nights together."""
    found: dict[str, Counter[str]] = {gate: Counter() for gate in GATES}
    for summary in nights:
        for gate, counts in summary.items():
            found[gate].update(counts)
    return {gate: dict(sorted(counts.items())) for gate, counts in found.items()}


def _read_gate(connection: duckdb.DuckDBPyConnection, night: Night, gate: str) -> dict[str, int]:
    rows = connection.execute(
        """
        select
            case
                when state = 'failed' and severity = 'warn' then 'warned'
                when state in ('passed', 'failed') then state
                else 'errored'
            end as outcome,
            count(*) as expectation_count,
        from quality.gate_results
        where gate = ? and as_of_date = ? and known_on = ?
        group by outcome
        order by outcome
        """,
        [gate, night.as_of_date, night.known_on],
    ).fetchall()
    return {str(outcome): int(count) for outcome, count in rows}


def _is_outdated(
    connection: duckdb.DuckDBPyConnection, night: Night, gate: str, prefix: str
) -> bool:
    row = connection.execute(
        """
        select
            (
                select max(recorded_at)
                from ops.table_contents
                where starts_with(table_name, ?) and as_of_date = ? and known_on = ?
            ) > (
                select min(checked_at)
                from quality.gate_results
                where gate = ? and as_of_date = ? and known_on = ?
            )
        """,
        [prefix, night.as_of_date, night.known_on, gate, night.as_of_date, night.known_on],
    ).fetchone()
    return row is not None and row[0] is True


def _refuse(night: Night, gate: str, got: str) -> None:
    raise GateClosedError(
        "publication refused",
        subject=f"{gate} gate@{night.as_of_date}, known on {night.known_on}",
        expected="every gate passed for this very night",
        got=got,
        next_step=f"See the Data Docs under reports/, then run `creditloop check {gate} "
        f"--date {night.as_of_date}`; the previous publication stays.",
    )
