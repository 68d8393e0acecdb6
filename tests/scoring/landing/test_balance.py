"""Property: whatever is landed, in whatever order and format, every row is accounted for."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from scoring.settings import load_settings
from tests.conftest import TEST_KEY
from tests.scoring.landing.conftest import DAY, TRANSACTIONS_HEADER, Bench, of

GOOD, HELD, BAD_TYPE, BAD_RULE, RAGGED, NEWLINE, TWIN, CLASH, EMPTY = range(9)
PROBLEMS = {BAD_TYPE: "type", BAD_RULE: "above", RAGGED: "malformed", CLASH: "conflicting_key"}
KINDS = strategies.lists(strategies.integers(min_value=0, max_value=EMPTY), min_size=1, max_size=15)


def _values(kind: int, number: int) -> list[str]:
    """A row of the kind; ``number`` makes its key unique, except for twins and clashes."""
    return {
        GOOD: [f"T{number}", "U1", "2025-01-06", "1.00"],
        HELD: [f"T{number}", "U9", "2025-01-06", "1.00"],
        BAD_TYPE: [f"T{number}", "U1", "later", "1.00"],
        BAD_RULE: [f"T{number}", "U1", "2025-01-06", "0"],
        RAGGED: [f"T{number}", "U1"],
        NEWLINE: [f'"T,\n""{number}"', "U1", "2025-01-06", "1.00"],
        TWIN: ["TWIN", "U1", "2025-01-06", "2.00"],
        CLASH: ["CLASH", "U1", "2025-01-06", f"{number + 1}"],
        EMPTY: [],
    }[kind]


def _json_line(kind: int, number: int) -> str:
    if kind == RAGGED:
        return '{"transaction_id": '
    names = TRANSACTIONS_HEADER.split(",")
    values = [value.strip('"').replace('""', '"') for value in _values(kind, number)]
    return json.dumps(dict(zip(names, values, strict=True))) if values else ""


def _wanted(kinds: list[int]) -> list[tuple[str, int]]:
    """Rule and row number of every row that must be quarantined; empty rows are not counted."""
    found, twins = [], 0
    for number, kind in enumerate(kinds, start=1):
        twins += kind == TWIN
        if kind in PROBLEMS and not (kind == CLASH and kinds.count(CLASH) == 1):
            found.append((PROBLEMS[kind], number))
        elif kind == TWIN and twins > 1:
            found.append(("duplicate", number))
    return sorted(found, key=lambda each: each[1])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    home = tmp_path_factory.mktemp("balance")
    bench = Bench(load_settings(home=home, identity_key=TEST_KEY, landing_quiet_seconds=0))
    bench.land_users(date(2020, 1, 1))
    bench.ingest(date(2020, 1, 1), date(2020, 1, 1))
    return bench


_days = iter(DAY + timedelta(days=number) for number in range(100_000))


@dataclass(frozen=True)
class Landed:
    """What one batch holds: the kinds of its rows, and the format of its file."""

    kinds: list[int]
    file_format: str

    @property
    def rows(self) -> list[int]:
        """Kinds of what are rows to this format: an empty line in a CSV is none."""
        if self.file_format == "jsonl":
            return self.kinds
        return [kind for kind in self.kinds if kind != EMPTY]

    def render(self) -> bytes:
        """Content of the file."""
        if self.file_format == "jsonl":
            lines = [_json_line(kind, number) for number, kind in enumerate(self.rows)]
        else:
            lines = [",".join(_values(kind, number)) for number, kind in enumerate(self.rows)]
            lines.insert(0, TRANSACTIONS_HEADER)
        data = ("\n".join(lines) + "\n").encode()
        return gzip.compress(data) if self.file_format == "csv.gz" else data


BATCHES = strategies.lists(
    strategies.builds(Landed, KINDS, strategies.sampled_from(["csv", "csv.gz", "jsonl"])),
    min_size=4,
    max_size=4,
)


@given(batches=BATCHES)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_row_is_loaded_held_or_quarantined(shared: Bench, batches: list[Landed]) -> None:
    """Four batches at a time: to begin costs ingest more than they do."""
    days = [next(_days) for _ in batches]
    for dt, batch in zip(days, batches, strict=True):
        shared.land("transactions", batch.render(), dt=dt, name=f"part.{batch.file_format}")
    report = shared.ingest(days[0], days[-1], feeds=["transactions"])
    quarantined = shared.query(
        "select batch_date, rule, row_number from quality.quarantine "
        "where batch_date between ? and ? order by batch_date, row_number",
        [days[0], days[-1]],
    )
    for dt, batch in zip(days, batches, strict=True):
        found, wanted = of(report, "transactions", dt), _wanted(batch.rows)
        assert [tuple(row) for day, *row in quarantined if day == dt] == wanted
        assert found.rows_read == sum(kind != EMPTY for kind in batch.kinds)
        assert found.rows_read == found.rows_loaded + found.rows_held + found.rows_quarantined
        assert found.rows_quarantined == len(wanted)
        assert found.rows_held == batch.kinds.count(HELD)
        assert found.rows_duplicate == max(batch.kinds.count(TWIN) - 1, 0)
