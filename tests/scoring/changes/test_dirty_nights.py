"""Pairs of nights of a world of late, changed, moved and disputed rows, and a new card: no rest."""

from __future__ import annotations

import shutil
from datetime import date

import duckdb
import pytest

from scoring.changes.decomposition import CAUSES
from scoring.changes.night import fill_pair
from scoring.changes.pairs import Pair, Reading
from scoring.nights import Night
from scoring.score.marts import read_catalog
from scoring.score.step import score_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.reference.worlds import dirty_world
from tests.scoring.cards.drafts import CATALOG
from tests.scoring.changes.pair_world import CATALOGUED, release_cards

pytestmark = pytest.mark.slow

FIRST, LAST, RESTATED = (
    Reading(date(2025, 3, 31), date(2025, 3, 31)),
    Reading(date(2025, 5, 31), date(2025, 4, 16)),
    Reading(date(2025, 4, 20), date(2025, 6, 30)),
)
PAIRS = [Pair(FIRST, RESTATED), Pair(RESTATED, LAST)]
"""The last one even knows less than the one before it."""


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three nights scored, the first by another card than the others."""
    folder = tmp_path_factory.mktemp("dirty")
    for name, dimension in CATALOGUED.items():
        monkeypatch.setitem(CATALOG, name, dimension)
    built = dirty_world(tmp_path_factory.getbasetemp()).settings
    shutil.copytree(built.root, folder / "home")
    settings = Settings(**(built.model_dump() | {"home": folder / "home"}))
    release_cards(settings, folder / "cards", monkeypatch)
    for reading in (FIRST, RESTATED, LAST):
        score_night(settings, Night(reading.as_of_date, reading.known_on, "dirty"))
    return settings


def test_nothing_is_left_over_for_any_user_of_any_pair(world: Settings) -> None:
    totals = dict.fromkeys(CAUSES, 0)
    with open_warehouse(world) as connection:
        catalog = read_catalog(connection, Night(LAST.as_of_date, LAST.known_on, "dirty"))
        for pair in PAIRS:
            recomputed = fill_pair(connection, world, pair, catalog)
            compared, undivided, rests = _check(connection, pair)
            assert (undivided, rests) == (0, 0)
            assert compared > 10
            assert recomputed > 5
            for cause in CAUSES:
                totals[cause] += _moved_by(connection, pair, cause)
    assert min(totals.values()) > 0, totals


def _check(connection: duckdb.DuckDBPyConnection, pair: Pair) -> tuple[int, int, int]:
    """Users compared; not divided; with any sum that is not what it must be."""
    causes = " + ".join(f"changes.change_{cause}" for cause in CAUSES)
    by_feature = " or ".join(
        f"coalesce(list_sum(changes.feature_{cause}), 0) <> changes.change_{cause}"
        for cause in CAUSES
        if cause != "card"
    )
    ((compared, undivided, rests),) = connection.execute(
        f"""
        select
            count(*),
            count(*) filter (where changes.change_status not in ('divided', 'unmoved')),
            count(*) filter (
                where later.score - earlier.score <> {causes} + changes.change_clipped
                or changes.score_change <> later.score - earlier.score
                or coalesce(list_sum(changes.feature_card), 0)
                    + later.points_base - earlier.points_base <> changes.change_card
                or {by_feature}
            )
        from scores.score_changes as changes
        inner join scores.scores as later using (user_key, as_of_date, known_on)
        inner join scores.scores as earlier
            on changes.user_key = earlier.user_key
            and changes.previous_as_of_date = earlier.as_of_date
            and changes.previous_known_on = earlier.known_on
        where changes.as_of_date = $day and changes.known_on = $known_on
            and changes.previous_as_of_date = $previous
            and later.score is not null and earlier.score is not null
        """,
        {
            "day": pair.current.as_of_date,
            "known_on": pair.current.known_on,
            "previous": pair.previous.as_of_date,
        },
    ).fetchall()
    return int(compared), int(undivided), int(rests)


def _moved_by(connection: duckdb.DuckDBPyConnection, pair: Pair, cause: str) -> int:
    ((count,),) = connection.execute(
        f"select count(*) from scores.score_changes where change_{cause} <> 0"
        " and as_of_date = ? and previous_as_of_date = ?",
        [pair.current.as_of_date, pair.previous.as_of_date],
    ).fetchall()
    return int(count)
