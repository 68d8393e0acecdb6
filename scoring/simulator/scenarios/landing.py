"""Scenarios as landing folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from scoring.landing.contract import Feed, load_feeds
from scoring.landing.row_rules import IS_DELETED
from scoring.simulator.aside import filled_aside
from scoring.simulator.batches import (
    BatchTotals,
    FileFormat,
    total_table,
    write_control,
    write_table,
)
from scoring.simulator.encoding import to_table
from scoring.simulator.scenarios.rows import Row, read_value
from scoring.simulator.scenarios.scenario import Scenario


def write_scenario(scenario: Scenario, folder: Path, file_format: FileFormat) -> dict[str, int]:
    """``write_scenarios`` of one."""
    return write_scenarios([scenario], folder, file_format)


def write_scenarios(
    scenarios: Sequence[Scenario], folder: Path, file_format: FileFormat
) -> dict[str, int]:
    """Write the landing files of scenarios that share one deployment.

    Writes ``<folder>/<feed>/dt=YYYY-MM-DD/part-000.<file_format>`` and ``_control.json`` for every
    feed and every day from the first batch to the last; a day without rows has only
    ``_control.json``. Equal arguments give equal bytes.

    Args:
        scenarios: At least one.
        folder: Landing folder; it must be absent or empty.
        file_format: ``parquet``, ``csv``, ``csv.gz`` or ``jsonl``.

    Returns:
        Rows by feed.

    Raises:
        ConfigurationError: ``folder`` has something in it, or cannot be written there.
        TransientError: The disk failed or is full; ``folder`` is as it was.
    """
    batches: defaultdict[tuple[str, date], list[Row]] = defaultdict(list)
    for scenario in scenarios:
        for feed, dt, row in scenario.rows():
            batches[feed, dt].append(row)
    row_counts = dict.fromkeys(load_feeds(), 0)
    with filled_aside(folder.expanduser().resolve(), "--out") as aside:
        for name, contract in load_feeds().items():
            for dt in _days(scenarios):
                target = aside / name / f"dt={dt}"
                row_counts[name] += _write_batch(contract, batches[name, dt], target, file_format)
    return row_counts


def _days(scenarios: Sequence[Scenario]) -> Iterator[date]:
    spans = [scenario.batch_dates for scenario in scenarios]
    day, last = min(first for first, _ in spans), max(last for _, last in spans)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _write_batch(feed: Feed, rows: list[Row], target: Path, file_format: FileFormat) -> int:
    totals = BatchTotals()
    target.mkdir(parents=True)
    if rows:
        table = _to_arrow(feed, rows)
        write_table(table, target / f"part-000.{file_format}", file_format)
        totals = total_table(feed.name, table, 0)
    write_control(target, totals)
    return totals.rows


def _to_arrow(feed: Feed, rows: list[Row]) -> pa.Table:
    """The rows with every column of the contract, and ``is_deleted`` where a row has it."""
    nobody = np.empty(0, dtype=np.int64)
    schema = to_table(feed, {"user_id": nobody}, {}).schema
    if any(IS_DELETED.name in row for row in rows):
        schema = schema.append(pa.field(IS_DELETED.name, pa.bool_()))
    return pa.table({field.name: _to_array(feed, field, rows) for field in schema})


def _to_array(feed: Feed, field: pa.Field, rows: list[Row]) -> pa.Array:
    texts = [row.get(field.name) for row in rows]
    values = [read_value(feed, field.name, text) for text in texts]
    # An offset must be landed as it was told; a column of naive timestamps cannot hold one.
    if any(isinstance(value, datetime) and value.tzinfo is not None for value in values):
        return pa.array(texts, pa.string())
    return pa.array(values, field.type)
