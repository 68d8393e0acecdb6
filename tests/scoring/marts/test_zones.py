"""The offsets of a zone give what DuckDB's calendar gives."""

from __future__ import annotations

import json
from itertools import pairwise

import duckdb
import pytest

from scoring.marts.zones import END, FIRST, offsets_text, zone_offsets


@pytest.mark.parametrize(
    "zone",
    ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Tehran"],
)
def test_clock_equals_the_engines(zone: str) -> None:
    offsets = zone_offsets(zone)
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create table offsets (valid_from timestamp, valid_to timestamp, s integer)")
    connection.executemany("insert into offsets values (?, ?, ?)", offsets)
    rows = connection.execute(
        """
        with moments as (
            select timestamp '1990-01-01' + to_seconds(n * 7201) as moment
            from range(210000) as numbers (n)
            union all
            select valid_from + to_seconds(n) from offsets, range(-1, 2) as around (n)
            where valid_from > timestamp '1990-01-01' and valid_from < timestamp '2037-01-01'
        )

        select count(*), count(*) filter (
            where moment + to_seconds(s) <> timezone(?, timezone('UTC', moment))
        )
        from moments
        inner join offsets on moment >= valid_from and moment < valid_to
        """,
        [zone],
    ).fetchone()
    assert rows is not None
    assert rows[0] >= 200000
    assert rows[1] == 0


def test_stretches_leave_no_gap() -> None:
    offsets = zone_offsets("Europe/Berlin")
    assert offsets[0][0] == FIRST.replace(tzinfo=None)
    assert offsets[-1][1] == END.replace(tzinfo=None)
    assert len(offsets) == 221
    assert all(one[1] == other[0] for one, other in pairwise(offsets))


def test_a_zone_without_changes_is_one_stretch() -> None:
    assert [seconds for _, _, seconds in zone_offsets("Asia/Singapore")] == [28800]


def test_only_a_zone_with_few_changes_is_handed_to_the_models() -> None:
    assert offsets_text("Europe/Berlin") == "[]"
    newest_first = json.loads(offsets_text("Asia/Shanghai"))
    assert newest_first[0] == ["1991-09-14 17:00:00", "2100-01-01 00:00:00", 28800]
    assert len(newest_first) == 5
