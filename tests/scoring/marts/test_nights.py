"""Nights in any order, twice, together or apart, and as known earlier or later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from scoring.marts.build import build_night, build_nights
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.small_world import CORRECTED, MARCH, PAYER, SPENDER
from tests.scoring.marts.warehouses import NIGHTS, read_features

pytestmark = pytest.mark.xdist_group("marts")


def _hashes(settings: Settings) -> dict[tuple[str, date, date], str]:
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select table_name, as_of_date, known_on, content_hash from ops.table_contents"
        ).fetchall()
    return {row[:3]: row[3] for row in rows}


def _clear(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"drop table marts.{table}")
        connection.execute("delete from ops.table_contents")


def test_nights_apart_twice_and_in_reverse_equal_nights_together(
    built: Settings, copied: Settings
) -> None:
    together = _hashes(built)
    assert len(together) == 10
    assert len(set(together.values())) == 10
    february, march = NIGHTS
    _clear(copied)
    for night in (march, february):
        build_night(copied, night)
    assert _hashes(copied) == together
    build_night(copied, march)
    assert _hashes(copied) == together


def test_correction_and_withdrawal_act_only_from_their_batch(
    built: Settings, copied: Settings
) -> None:
    restated = Night(date.fromisoformat(MARCH), date.fromisoformat(CORRECTED), "run-2")
    build_night(copied, restated)
    before = read_features(copied, SPENDER, MARCH, MARCH)
    after = read_features(copied, SPENDER, MARCH, CORRECTED)
    # 50.00 became 51.00.
    assert before["spend_amount_30d"] == Decimal("243.00")
    assert after["spend_amount_30d"] == Decimal("244.00")
    # The payment of 300.00 is withdrawn: its bill was never paid, and 60.00 of March came later.
    before = read_features(copied, PAYER, MARCH, MARCH)
    after = read_features(copied, PAYER, MARCH, CORRECTED)
    assert (before["repayment_amount_90d"], after["repayment_amount_90d"]) == (
        Decimal("400.00"),
        Decimal("100.00"),
    )
    # Its minimum of 30.00 was there only with the 40.00 of 9 February, 31 days late.
    assert (before["worst_dpd_days_90d"], after["worst_dpd_days_90d"]) == (1, 31)
    # The nights as known before are untouched.
    kept = {key: text for key, text in _hashes(copied).items() if key[2] != restated.known_on}
    assert kept == _hashes(built)


def test_only_newest_nights_and_month_ends_stay(copied: Settings) -> None:
    one_kept = copied.model_copy(update={"feature_nights_kept": 1})
    nights = [Night(date(2025, 3, day), date(2025, 3, day), f"run-{day}") for day in (27, 28, 29)]
    build_nights(one_kept, nights)
    assert _days(copied) == ["2025-02-28", "2025-03-27", "2025-03-28", "2025-03-29", "2025-03-31"]
    build_night(one_kept, Night(date(2025, 4, 1), date(2025, 4, 1), "run-april"))
    assert _days(copied) == ["2025-02-28", "2025-03-31", "2025-04-01"]


def _days(settings: Settings) -> list[str]:
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select distinct as_of_date::varchar from marts.dim_user_night order by 1"
        ).fetchall()
    return [day for (day,) in rows]
