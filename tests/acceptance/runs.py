"""The three real runs, from the source to the night."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scoring.landing.ingest import ingest_range
from scoring.marts.build import build_nights
from scoring.nights import make_night, new_run_id, run_night, run_step
from scoring.recording import StepReport, run_recorded
from scoring.settings import Settings, load_settings
from tests.acceptance.adapters import online_retail, taiwan, xente
from tests.acceptance.adapters.landing import Account, landed_days

XENTE_FIRST = date(2018, 9, 21)
XENTE_EARLY = date(2019, 1, 31)
"""The night that is computed with and without the later batches."""
XENTE_NIGHT = date(2019, 3, 31)
"""The night that is published."""
XENTE_LAST = date(2019, 7, 17)
"""The last day of the source, when IsDefaulted becomes known."""

TAIWAN_MONTH_ENDS = tuple(
    date(2005, month, day) for month, day in ((5, 31), (6, 30), (7, 31), (8, 31), (9, 30))
)
"""Nights on which a bill of the source has fallen due; none has in April."""

IDENTITY_KEY = "acceptance-runs-need-no-secret-0000"


@dataclass(frozen=True)
class Run:
    """A deployment after its run."""

    settings: Settings
    account: Account


def make_settings(home: Path, timezone: str, **more: object) -> Settings:
    """Settings of one run: a home of its own, nothing from a ``.env``."""
    return load_settings(
        _env_file=None,
        home=home,
        identity_key=IDENTITY_KEY,
        business_timezone=timezone,
        keep_intermediate=True,  # tests look into them
        **more,
    )


def ingest_days(settings: Settings, first: date, last: date) -> None:
    """Ingest every day of a range in one call."""
    run_id = new_run_id("ingest")

    def work() -> StepReport:
        return ingest_range(settings, first, last, run_id=run_id).to_step_report()

    run_recorded(settings, "ingest_range", run_id, last, last, work)


def compute_nights(settings: Settings, *days: date) -> None:
    """Features (in one go) and scores of some nights, without gates and publication."""
    nights = [make_night(day) for day in days]
    build_nights(settings, nights)
    for night in nights:
        run_step(settings, "score", night)


def run_xente(source: Path, home: Path) -> Run:
    """All batches up to the end of the source, then the published night of 2019-03-31.

    The night looks at nothing after its own day, although the later batches are there.
    """
    settings = make_settings(home, xente.TIMEZONE)
    account = xente.write_landing(source, settings.landing)
    ingest_days(settings, XENTE_FIRST, XENTE_LAST)
    run_night(settings, make_night(XENTE_NIGHT))
    return Run(settings, account)


def run_xente_early(run: Run, home: Path) -> Run:
    """The night of 2019-01-31 in a home where no later batch has ever been seen."""
    settings = make_settings(home, xente.TIMEZONE)
    for folder in sorted(run.settings.landing.glob("*/dt=*")):
        if date.fromisoformat(folder.name.removeprefix("dt=")) <= XENTE_EARLY:
            shutil.copytree(folder, settings.landing / folder.parent.name / folder.name)
    ingest_days(settings, XENTE_FIRST, XENTE_EARLY)
    compute_nights(settings, XENTE_EARLY)
    return Run(settings, run.account)


def run_online_retail(source: Path, home: Path) -> Run:
    """All 305 days in one call, then the night of the last one, published."""
    share = {"transactions": online_retail.QUARANTINE_SHARE}
    settings = make_settings(home, online_retail.TIMEZONE, quarantine_share=share)
    account = online_retail.write_landing(source, settings.landing)
    days = landed_days(settings.landing)
    ingest_days(settings, days[0], days[-1])
    run_night(settings, make_night(days[-1]))
    return Run(settings, account)


def run_taiwan(source: Path, home: Path) -> Run:
    """Six months of bills and payments, then the night of the last bill, published."""
    settings = make_settings(home, taiwan.TIMEZONE, minimum_due_ratio=taiwan.MINIMUM_DUE_RATIO)
    account = taiwan.write_landing(source, settings.landing)
    ingest_days(settings, taiwan.FIRST_DAY, taiwan.NIGHT)
    run_night(settings, make_night(taiwan.NIGHT))
    return Run(settings, account)


def run_taiwan_months(source: Path, home: Path) -> Run:
    """The same six months, and the marts of all their ends in one build."""
    settings = make_settings(home, taiwan.TIMEZONE, minimum_due_ratio=taiwan.MINIMUM_DUE_RATIO)
    account = taiwan.write_landing(source, settings.landing)
    ingest_days(settings, taiwan.FIRST_DAY, taiwan.NIGHT)
    build_nights(settings, [make_night(day) for day in TAIWAN_MONTH_ENDS])
    return Run(settings, account)
