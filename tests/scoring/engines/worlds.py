"""Deployments that both engines build, each with its nights scored, made once per process."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from scoring.cards.canonical import dump_card
from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.cards.seal import seal_card
from scoring.landing.ingest import load_range
from scoring.marts.build import build_nights
from scoring.nights import Night
from scoring.releases.actions import promote_card, register_card
from scoring.score.step import score_night
from scoring.settings import Settings, load_settings
from scoring.simulator.simulate import simulate
from tests.conftest import TEST_KEY
from tests.scoring.marts.raw_world import RawWorld
from tests.scoring.marts.small_world import land_small_world
from tests.scoring.marts.warehouses import NIGHTS

START = date(2025, 1, 1)
USERS, DAYS = 1_000, 60


@dataclass(frozen=True)
class Sides:
    """The same landed rows, built and scored by both engines; to be read only."""

    duckdb: Settings
    spark: Settings


def engine_settings(home: Path, engine: str) -> Settings:
    """Settings of a deployment that one engine builds."""
    return load_settings(
        home=home,
        engine=engine,
        identity_key=TEST_KEY,
        minimum_due_ratio=Decimal("0.1"),
        threads=2,
        memory_limit="2GB",
    )


@cache
def small_sides(base: Path) -> Sides:
    """The small world with both of its nights."""
    settings = engine_settings(Path(mkdtemp(prefix="small", dir=base)) / "home", "duckdb")
    land_small_world(RawWorld(settings))
    return _build(settings, NIGHTS)


@cache
def simulated_sides(base: Path) -> Sides:
    """1,000 simulated users for 60 days: the last night, and one in the middle."""
    settings = engine_settings(Path(mkdtemp(prefix="simulated", dir=base)) / "home", "duckdb")
    simulate(users=USERS, start=START, days=DAYS, seed=11, out=settings.landing)
    last = START + timedelta(days=DAYS - 1)
    load_range(settings, START, last)
    days = [START + timedelta(days=DAYS // 2), last]
    return _build(settings, [Night(day, day, "run-1") for day in days])


def _build(settings: Settings, nights: Sequence[Night]) -> Sides:
    _enter_challenger(settings, nights[0].as_of_date)
    copy = settings.root.with_name("spark")
    shutil.copytree(settings.root, copy)
    sides = Sides(settings, engine_settings(copy, "spark"))
    for side in (sides.duckdb, sides.spark):
        build_nights(side, nights)
        for night in nights:
            score_night(side, night)
    return sides


def _enter_challenger(settings: Settings, day: date) -> None:
    """Let the expert card with another base score in beside the champion."""
    shipped = load_card(CARDS_FOLDER / "expert_v1.json", read_catalog_seed())
    draft = shipped.model_dump(mode="json") | {"card_id": "expert_v2", "base_points": 555}
    card = seal_card(draft, "expert_v2.json", read_catalog_seed())
    path = settings.root.parent / "expert_v2.json"
    path.write_text(dump_card(card), encoding="utf-8")
    register_card(settings, path)
    promote_card(settings, card.card_id, "challenger", reason="both engines", day=day)
