"""The worlds that marts and reference are compared in, built once per process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

from scoring.landing.ingest import ingest_range
from scoring.marts.build import build_nights
from scoring.nights import Night
from scoring.reference.comparison import read_marts
from scoring.reference.features import compute_features
from scoring.reference.known_world import Question, ask
from scoring.reference.raw_rows import load_raw
from scoring.reference.values import Row
from scoring.settings import EVERY_FEED, Settings, load_settings
from scoring.simulator.simulate import simulate
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.reference.dirty_landing import DirtyLanding
from tests.reference.dirty_world import land_dirty_world
from tests.reference.edge_users import send_edge_users
from tests.reference.old_landing import GRACE_DAYS, KNOWN_ON, NIGHTS, OldLanding
from tests.reference.settled_users import send_settled_users

MINIMUM_DUE_RATIO = Decimal("0.1")
SIMULATED_START = date(2024, 1, 1)
SIMULATED_DAYS = 150


@dataclass(frozen=True)
class Compared:
    """One night from both sides."""

    question: Question
    reference: dict[int, Row]
    marts: dict[str, dict[int, Row]]


@dataclass(frozen=True)
class World:
    """One deployment with its marts built, to be read only."""

    settings: Settings
    quarantined_rows: int
    nights: list[Compared]


@cache
def simulated_world(base: Path) -> World:
    """120 simulated users for 150 days, at the end and in the middle."""
    settings = _make_settings(base, due_grace_days=0)
    last = SIMULATED_START + timedelta(days=SIMULATED_DAYS - 1)
    middle = SIMULATED_START + timedelta(days=SIMULATED_DAYS // 2)
    simulate(users=120, start=SIMULATED_START, days=SIMULATED_DAYS, seed=11, out=settings.landing)
    report = ingest_range(settings, SIMULATED_START, last, run_id="reference")
    return _build(settings, report.row_counts["rows_quarantined"], [(middle, middle), (last, last)])


@cache
def dirty_world(base: Path) -> World:
    """250 users whose rows contradict one another; known_on before, on and after the night."""
    settings = _make_settings(base, due_grace_days=2)
    landing = DirtyLanding(seed=7, user_count=250)
    land_dirty_world(landing, settings.landing)
    report = ingest_range(settings, landing.batches[0], landing.batches[-1], run_id="reference")
    nights = [
        (date(2025, 3, 31), date(2025, 3, 31)),
        (date(2025, 4, 20), date(2025, 6, 30)),
        (date(2025, 5, 31), date(2025, 4, 16)),
        # Before any consents row was landed.
        (date(2025, 2, 9), date(2025, 2, 9)),
    ]
    return _build(settings, report.row_counts["rows_quarantined"], nights)


@cache
def old_world(base: Path) -> World:
    """Users of five years, seen from the ends of months; the first years as a history load."""
    settings = _make_settings(base, due_grace_days=GRACE_DAYS)
    landing = OldLanding(seed=5, user_count=90)
    send_edge_users(landing)
    send_settled_users(landing)
    land_dirty_world(landing, settings.landing)
    first, second, *_, last = landing.batches
    history = ingest_range(settings, first, first, run_id="history", history=True)
    report = ingest_range(settings, second, last, run_id="reference")
    nights = list(zip(NIGHTS, KNOWN_ON, strict=True))
    quarantined = history.row_counts["rows_quarantined"] + report.row_counts["rows_quarantined"]
    return _build(settings, quarantined, nights)


def _make_settings(base: Path, due_grace_days: int) -> Settings:
    return load_settings(
        home=Path(mkdtemp(prefix="reference", dir=base)) / "home",
        identity_key=TEST_KEY,
        landing_quiet_seconds=0,
        minimum_due_ratio=MINIMUM_DUE_RATIO,
        due_grace_days=due_grace_days,
        held_share={EVERY_FEED: 1},
        threads=2,
        keep_intermediate=True,
    )


def _build(settings: Settings, quarantined_rows: int, nights: list[tuple[date, date]]) -> World:
    with patch.dict(os.environ, DBT_WRITE_JSON="true"):  # tests read the manifest
        build_nights(settings, [Night(as_of, known_on, "reference") for as_of, known_on in nights])
    with open_warehouse(settings) as connection:
        raw = load_raw(connection, settings)
    compared = []
    for as_of, known_on in nights:
        question = ask(settings, as_of, known_on)
        with open_warehouse(settings) as connection:
            marts = read_marts(connection, question)
        compared.append(Compared(question, compute_features(raw, question), marts))
    return World(settings, quarantined_rows, compared)
