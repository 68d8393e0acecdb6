"""Which nights may run at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from scoring.clock import business_date
from scoring.errors import ConfigurationError
from scoring.nights import check_not_ahead, make_night, run_night, run_step
from scoring.settings import Settings

FAR = date(2999, 1, 31)


def today(settings: Settings) -> date:
    return business_date(datetime.now(UTC), settings.business_timezone)


@pytest.mark.parametrize("step", ["ingest", "build_marts", "publish"])
def test_night_ahead_is_refused_before_anything_is_touched(settings: Settings, step: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"night refused for night@2999-01-31.*expected no date after today .*got 2999-01-31",
    ):
        run_step(settings, step, make_night(FAR))
    with pytest.raises(ConfigurationError, match="got 2999-01-31"):
        run_night(settings, make_night(FAR))
    assert not settings.root.exists()


def test_known_on_ahead_is_refused_as_well(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="got 2999-01-31"):
        check_not_ahead(settings, make_night(date(2025, 1, 31), known_on=FAR))


def test_today_and_simulated_days_ahead_may_run(settings: Settings) -> None:
    check_not_ahead(settings, make_night(today(settings)))
    (settings.landing / "users" / f"dt={FAR}").mkdir(parents=True)
    check_not_ahead(settings, make_night(FAR))
    with pytest.raises(ConfigurationError, match="got 2999-02-01"):
        check_not_ahead(settings, make_night(FAR + timedelta(days=1)))
