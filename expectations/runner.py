"""Judging checks: Great Expectations asks its questions inside DuckDB, over one open connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import duckdb

from expectations.batches import PART, Batch, drop_batches, prepare_batches
from expectations.datasource import WarehouseDatasource, open_datasource
from expectations.gx import great_expectations as gx
from expectations.gx import quiet
from expectations.plan import Check
from expectations.problems import describe_problem

with quiet():
    from great_expectations.expectations.registry import get_expectation_impl

State = Literal["passed", "failed", "errored"]

# Only the third one names anything: the part of an aggregate, which is no row of a person.
_VERDICT: dict[str, Any] = {"result_format": "BOOLEAN_ONLY"}
_COUNTS: dict[str, Any] = {"result_format": "BASIC", "exclude_unexpected_values": True}
_PARTS: dict[str, Any] = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "unexpected_index_column_names": [PART],
}
_SEVERITIES = {"stop": "critical", "warn": "warning"}
_SHOWN_PARTS = 5


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check; ``observed`` holds counts and aggregates, never values of a person."""

    check: Check
    state: State
    observed: str


def run_checks(connection: duckdb.DuckDBPyConnection, checks: Sequence[Check]) -> list[CheckResult]:
    """Judge every check, in order; an exception becomes an ``errored`` result, never a pass."""
    found: dict[str, CheckResult] = {}
    for check in checks:
        if check.problem is not None:
            found[check.name] = CheckResult(check, "errored", check.problem)
        elif check.skipped is not None:
            found[check.name] = CheckResult(check, "passed", check.skipped)
    by_name = {check.name: check for check in checks}
    try:
        prepared = prepare_batches(connection, [c for c in checks if c.name not in found])
        for name, problem in prepared.problems.items():
            found[name] = CheckResult(by_name[name], "errored", problem)
        for check in prepared.empty:
            found[check.name] = _judge_empty(check)
        if prepared.batches:
            with open_datasource(connection) as datasource, quiet():
                for batch in prepared.batches:
                    for name, (state, observed) in _judge(datasource, batch).items():
                        found[name] = CheckResult(by_name[name], state, observed)
    finally:
        drop_batches(connection)
    return [found[check.name] for check in checks]


def _judge_empty(check: Check) -> CheckResult:
    if check.may_be_empty:
        return CheckResult(check, "passed", "no rows, as this one may have")
    return CheckResult(check, "failed", "no rows")


Outcome = tuple[State, str]


def _judge(datasource: WarehouseDatasource, batch: Batch) -> dict[str, Outcome]:
    """State and observation of every check of one batch."""
    found: dict[str, Outcome] = {}
    expectations = []
    for check in batch.checks:
        try:
            expectations.append(_make_expectation(check))
        except Exception as error:  # noqa: BLE001 - any kind; recorded as an error of this check
            found[check.name] = ("errored", describe_problem(error))
    problem = "no result"
    try:
        if expectations:
            found |= _validate(datasource, batch, expectations)
    except Exception as error:  # noqa: BLE001 - any kind; recorded as an error of each check
        problem = describe_problem(error)
    return {check.name: found.get(check.name, ("errored", problem)) for check in batch.checks}


def _make_expectation(check: Check) -> Any:
    return get_expectation_impl(check.expectation)(
        **check.kwargs, severity=_SEVERITIES[check.severity], meta={"check": check.name}
    )


def _validate(
    datasource: WarehouseDatasource, batch: Batch, expectations: list[Any]
) -> dict[str, Outcome]:
    asset = datasource.add_query_asset(f"batch_{len(datasource.assets)}", batch.relation)
    lent = asset.add_batch_definition_whole_table("whole").get_batch()
    results = _ask(lent, expectations, _VERDICT)
    failed = [item for item in expectations if not results[item.meta["check"]].success]
    if failed:
        results |= _ask(lent, failed, _PARTS if batch.measures else _COUNTS)
    return {name: _read_result(name, batch, result) for name, result in results.items()}


def _ask(lent: Any, expectations: list[Any], result_format: dict[str, Any]) -> dict[str, Any]:
    suite = gx.ExpectationSuite(name="night", expectations=expectations)
    results = lent.validate(suite, result_format=result_format).results
    return {str(result.expectation_config.meta["check"]): result for result in results}


def _read_result(name: str, batch: Batch, result: Any) -> Outcome:
    problem = read_exception(result.exception_info or {})
    if problem is not None:
        return "errored", problem
    state: State = "passed" if result.success is True else "failed"
    details = result.result or {}
    if name in batch.measures:
        return state, _show_measures(batch.measures[name], details)
    if "unexpected_count" in details:
        return state, f"{details['unexpected_count']:,} of {batch.row_count:,} rows break it"
    observed = details.get("observed_value")
    return state, f"{batch.row_count:,} rows" if observed is None else _show(observed)


def read_exception(info: Mapping[str, Any]) -> str | None:
    """The problem inside a result, wherever Great Expectations put it; None if there is none.

    Args:
        info: ``exception_info`` of a result: one exception, or several by the metric that raised.
    """
    for part in (info, *(part for part in info.values() if isinstance(part, Mapping))):
        if part.get("raised_exception"):
            text = f"{part.get('exception_message')}\n{part.get('exception_traceback')}"
            return describe_problem(text)
    return None


def _show_measures(values: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    if len(values) == 1:
        return _show(next(iter(values.values())))
    broken = _broken_parts(details)
    if broken:
        shown = ", ".join(f"{part} {_show(values[part])}" for part in broken[:_SHOWN_PARTS])
        more = len(broken) - _SHOWN_PARTS
        return f"{shown} and {more} more" if more > 0 else shown
    known = [float(value) for value in values.values() if value is not None]
    if not known:
        return _show(None)
    return f"{len(known)} values from {_show(min(known))} to {_show(max(known))}"


def _broken_parts(details: Mapping[str, Any]) -> list[str]:
    parts: list[str] = []
    for item in details.get("unexpected_index_list") or ():
        named = item.get(PART, ())
        parts.extend([named] if isinstance(named, str) else named)
    return parts


def _show(value: Any) -> str:
    if value is None:
        return "nothing to compare"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{float(value):,.6g}"
    return type(value).__name__
