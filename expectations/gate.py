"""The three gates of a night: nothing below a closed one runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from expectations.landed import expected_feeds, recent_rows
from expectations.pages import page_path, write_gate_page, write_index
from expectations.plan import Scope, find_previous, find_stride, plan_checks
from expectations.reference import ask_reference
from expectations.runner import CheckResult, run_checks
from expectations.suite import Gate, Suite, load_suite
from scoring.clock import utc_now
from scoring.errors import GateClosedError
from scoring.nights import Night, StepReport
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

log = logging.getLogger(__name__)

_PREVIOUS_FROM = {"marts": "marts.dim_user_night", "scores": "scores.scores"}
_REPEAT_FROM = {"landing": "ingest", "marts": "build_marts", "scores": "score"}
"""Gate -> the step to repeat once its cause is corrected."""


@dataclass(frozen=True)
class GateResult:
    """What a gate found for a night.

    Attributes:
        gate: Name of the gate.
        night: The night it was asked about.
        results: One per expectation, in the order of the suite.
        page: The page that shows them.
    """

    gate: Gate
    night: Night
    results: tuple[CheckResult, ...]
    page: Path

    @property
    def stopping(self) -> tuple[CheckResult, ...]:
        """What closes the gate: failures that stop, and every error, since nobody knows then."""
        return tuple(item for item in self.results if self.mark(item) in {"failed", "errored"})

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Failures that only warn."""
        return tuple(item for item in self.results if self.mark(item) == "warned")

    @property
    def is_open(self) -> bool:
        """Whether the night may go on; a gate that checked nothing stays closed."""
        return bool(self.results) and not self.stopping

    @property
    def counts(self) -> dict[str, int]:
        """Expectations by outcome."""
        marks = [self.mark(item) for item in self.results]
        return {mark: marks.count(mark) for mark in ("passed", "warned", "failed", "errored")}

    @property
    def counts_text(self) -> str:
        """Expectations by outcome, e.g. ``41 passed, 1 warned``."""
        return (
            ", ".join(f"{count} {mark}" for mark, count in self.counts.items() if count) or "none"
        )

    def render(self) -> str:
        """The verdict of every expectation, worst first, as plain lines without personal values."""
        order = ("errored", "failed", "warned", "passed")
        ranked = sorted(self.results, key=lambda item: order.index(self.mark(item)))
        lines = [
            f"{self.mark(item):8} {item.check.name} ({item.check.table}): {item.observed}"
            for item in ranked
        ]
        verdict = "open" if self.is_open else "CLOSED"
        return "\n".join([f"{self.gate} gate {verdict}: {self.counts_text}; {self.page}", *lines])

    @staticmethod
    def mark(item: CheckResult) -> str:
        """``passed``, ``warned``, ``failed`` (stops) or ``errored``."""
        is_warning = item.state == "failed" and item.check.severity == "warn"
        return "warned" if is_warning else item.state


def check_landing(settings: Settings, night: Night) -> StepReport:
    """Step: what was landed for the night is complete and looks like the days before.

    Raises:
        GateClosedError: It does not.
    """
    return _check(settings, night, "landing")


def check_marts(settings: Settings, night: Night) -> StepReport:
    """Step: the feature marts of the night are whole and consistent.

    Raises:
        GateClosedError: They are not.
    """
    return _check(settings, night, "marts")


def check_scores(settings: Settings, night: Night) -> StepReport:
    """Step: the scores of the night are whole, explained and permitted.

    Raises:
        GateClosedError: They are not.
    """
    return _check(settings, night, "scores")


def run_gate(settings: Settings, night: Night, suite: Suite) -> GateResult:
    """Run every expectation of a suite on the night, record the results and write the pages.

    The rows of this gate and night in ``quality.gate_results`` are replaced in one transaction,
    whether the gate opens or closes.

    Raises:
        TransientError: The warehouse is in use.
    """
    checked_at = utc_now()
    with open_warehouse(settings) as connection:
        scope = make_scope(settings, connection, night, suite.gate)
        if any(entry.needs_reference for entry in suite.expectations):
            scope = replace(scope, reference=ask_reference(settings, connection, night))
        checks = plan_checks(connection, suite.expectations, scope)
        results = tuple(run_checks(connection, checks))
        page = page_path(settings, suite.gate, night.as_of_date)
        result = GateResult(suite.gate, night, results, page)
        _record(connection, result, checked_at)
        write_gate_page(settings, result)
        write_index(settings, connection)
    return result


def _check(settings: Settings, night: Night, gate: Gate) -> StepReport:
    result = run_gate(settings, night, load_suite(gate))
    log.info("%s", result.render())
    for item in result.warnings:
        log.warning(
            "%s@%s warns: %s, got %s (%s)",
            gate,
            night.as_of_date,
            item.check.name,
            item.observed,
            item.check.reason,
        )
    if not result.is_open:
        raise _closed(result)
    return StepReport(
        f"{gate} gate open: {result.counts_text}; {result.page}", result.counts, result.page
    )


def make_scope(
    settings: Settings, connection: duckdb.DuckDBPyConnection, night: Night, gate: Gate
) -> Scope:
    """What the expectations of a gate may refer to for this night."""
    if gate == "landing":
        return Scope(
            night=night,
            business_timezone=settings.business_timezone,
            expected_feeds=expected_feeds(settings, connection, night),
            recent=recent_rows(settings, connection, night),
        )
    table = _PREVIOUS_FROM[gate]
    try:
        previous = find_previous(connection, table, gate, night)
        stride = find_stride(connection, table, night)
    except duckdb.CatalogException:
        # The table is missing: every expectation about it errs, which closes the gate.
        return Scope(night, settings.business_timezone)
    return Scope(night, settings.business_timezone, previous, stride)


def _record(
    connection: duckdb.DuckDBPyConnection, result: GateResult, checked_at: datetime
) -> None:
    night = result.night
    rows = [
        [
            result.gate,
            night.as_of_date,
            night.known_on,
            item.check.name,
            item.check.table,
            item.check.severity,
            item.state,
            item.observed,
            item.check.reason,
            night.run_id,
            checked_at,
        ]
        for item in result.results
    ]
    connection.execute("begin")
    try:
        connection.execute(
            "delete from quality.gate_results where gate = ? and as_of_date = ? and known_on = ?",
            [result.gate, night.as_of_date, night.known_on],
        )
        if rows:
            connection.executemany(
                "insert into quality.gate_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _closed(result: GateResult) -> GateClosedError:
    night = result.night
    if result.stopping:
        first, others = result.stopping[0], len(result.stopping) - 1
        expected = f"{first.check.name} ({first.check.table}: {first.check.rule})"
        got = f"{first.observed} [{first.state}]"
        if others:
            got += f" and {others} more like it"
    else:
        expected, got = "at least one expectation", "an empty suite"
    return GateClosedError(
        "gate closed",
        subject=f"{result.gate}@{night.as_of_date}",
        expected=expected,
        got=got,
        next_step=f"Nothing below it ran; what was published before stays. Read {result.page}, "
        f"correct the cause, then: creditloop nightly --date {night.as_of_date} "
        f"--from-step {_REPEAT_FROM[result.gate]}",
    )
