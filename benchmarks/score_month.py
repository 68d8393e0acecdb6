"""score_month: every score change of a simulated month adds up; late rows, disputes, a new card.

python -m benchmarks.score_month [--users 3000] [--days 400] [--nights 30] [--seed 7]

A dirty world (late, corrected, withdrawn and repeated rows) runs whole nights in this process; in
the middle of the month a copy of the champion with other points becomes champion. After each night
every user's points must sum to the score, and the causes of its change to the change: per user, and
per feature within a cause. Batches that ingest refuses are waived, as an operator would, and a
night whose gate closes is left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.worlds import START, World
from scoring.cards.canonical import dump_card
from scoring.cards.loader import CARDS_FOLDER, read_catalog_seed
from scoring.cards.report_seal import write_report_seal
from scoring.cards.seal import seal_card
from scoring.changes.decomposition import CAUSES
from scoring.errors import DataRefusedError, GateClosedError
from scoring.landing.ingest import ingest_range
from scoring.landing.waivers import waive
from scoring.nights import make_night, run_night
from scoring.releases.actions import promote_card, register_card
from scoring.settings import Settings
from scoring.simulator.simulate import simulate
from scoring.warehouse.store import open_warehouse

FROM_CARD, NEW_CARD = "expert_v1", "month_v1"
_CAUSES = " + ".join(f"changes.change_{cause}" for cause in CAUSES)
_BY_FEATURE = " or ".join(
    f"coalesce(list_sum(changes.feature_{cause}), 0) <> changes.change_{cause}"
    for cause in CAUSES
    if cause != "card"
)

_POINTS = """
select
    count(*),
    count(*) filter (
        where score <> points_base + points_spending + points_repayment + points_history
            + points_linkage + points_clipped
    ),
from scores.scores
where as_of_date = $day and score is not null
"""

_CHANGES = f"""
select
    count(*) filter (where change_status <> 'not_compared') as compared,
    count(*) filter (where change_status = 'divided') as divided,
    count(*) filter (where change_status = 'undivided') as undivided,
    count(*) filter (
        where changes.score_change <> {_CAUSES} + changes.change_clipped
            or changes.score_change <> later.score - earlier.score
            or coalesce(list_sum(changes.feature_card), 0)
                + later.points_base - earlier.points_base <> changes.change_card
            or {_BY_FEATURE}
    ) as rests,
    {", ".join(f"count(*) filter (where change_{cause} <> 0) as {cause}" for cause in CAUSES)},
from scores.score_changes as changes
inner join scores.scores as later using (user_key, as_of_date, known_on)
inner join scores.scores as earlier
    on changes.user_key = earlier.user_key
    and changes.previous_as_of_date = earlier.as_of_date
    and changes.previous_known_on = earlier.known_on
where changes.as_of_date = $day and later.score is not null and earlier.score is not null
"""


def ingest_waiving(settings: Settings, first: date, last: date) -> int:
    """Take in every batch; what is refused is waived. Returns how many were."""
    try:
        ingest_range(settings, first, last, run_id="month")
    except DataRefusedError:
        with open_warehouse(settings) as connection:
            refused = connection.execute(
                "select feed, dt from ops.batches anti join ops.waivers using (feed, dt)"
                " where state <> 'loaded' order by all"
            ).fetchall()
        for feed, dt in refused:
            waive(settings, feed, dt, "refused", "a fault of the simulated world")
        return len(refused)
    return 0


def make_other_card(folder: Path) -> Path:
    """The shipped card: ten base points less, the best bin of every third feature two more."""
    draft = json.loads((CARDS_FOLDER / f"{FROM_CARD}.json").read_text(encoding="utf-8"))
    draft.pop("hash")
    draft |= {"card_id": NEW_CARD, "base_points": draft["base_points"] - 10}
    for feature in draft["features"][::3]:
        best = max(feature["bins"], key=lambda one: one["points"])
        best["points"] += 2
    path = folder / f"{NEW_CARD}.json"
    card = seal_card(draft, path.name, read_catalog_seed())
    path.write_text(dump_card(card), encoding="utf-8")
    report = folder / f"{NEW_CARD}.report.html"
    report.write_text("<p>A variant of the shipped card, for a benchmark.</p>", encoding="utf-8")
    write_report_seal(card, report)
    return path


def release_from(settings: Settings, folder: Path, day: date) -> None:
    """Make the other card champion from a day on."""
    register_card(settings, make_other_card(folder))
    promote_card(settings, NEW_CARD, "challenger", reason="benchmark", day=day)
    promote_card(settings, NEW_CARD, "champion", reason="benchmark", day=day)


def check_night(connection: duckdb.DuckDBPyConnection, day: date) -> Counter[str]:
    """What was compared on a night, what did not add up, and the disputes it first knew of."""
    ((scored, broken),) = connection.execute(_POINTS, {"day": day}).fetchall()
    cursor = connection.execute(_CHANGES, {"day": day})
    names = [column[0] for column in cursor.description or ()]
    (found,) = cursor.fetchall()
    ((disputes,),) = connection.execute(
        "select count(*) from staging.stg_disputes where known_from = ?", [day]
    ).fetchall()
    counts = {"scored": scored, "sum_broken": broken, "disputes": disputes}
    return Counter(counts | dict(zip(names, found, strict=True)))


def settings_of(world: World) -> Settings:
    """Of the deployment; it expects no feed: a fault of this world is a day that never comes."""
    return world.settings.model_copy(update={"expected": {}})


def run_month(world: World, folder: Path) -> Counter[str]:
    """Run the nights; prints one line each, returns the sums."""
    totals: Counter[str] = Counter()
    settings, days = settings_of(world), world.night_dates
    for number, day in enumerate(days):
        if number == len(days) // 2:
            release_from(settings, folder, day)
        waived = ingest_waiving(settings, day, day)
        try:
            run_night(settings, make_night(day))
        except GateClosedError as closed:
            # The world sent a batch that no night may stand on; the next one is compared with the
            # last that was published.
            print(day, closed.expected.partition(" ")[0], "closed the gate", flush=True)
            totals["gates_closed"] += 1
            continue
        with open_warehouse(settings) as connection:
            found = check_night(connection, day)
        print(day, *(f"{name} {count:,}" for name, count in found.items()), end="")
        print(f" waived {waived}" if waived else "", flush=True)
        totals += found
    return totals


def main() -> None:
    """Parse the options, simulate, run, and fail where anything is left over."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("users", 3000), ("days", 400), ("nights", 30), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World(folder / "home", options.days, options.nights)
        simulate(
            users=options.users,
            start=START,
            days=options.days + options.nights,
            seed=options.seed,
            out=world.settings.landing,
            dirt="heavy",
        )
        ingest_waiving(settings_of(world), START, START + timedelta(days=options.days - 1))
        totals = run_month(world, folder)
    print("\ntogether", *(f"{name} {count:,}" for name, count in totals.items()))
    occurred = [totals[name] for name in (*CAUSES, "disputes")]
    if totals["sum_broken"] or totals["rests"] or min(occurred) == 0:
        raise SystemExit("not every sum holds, or a cause or a dispute never occurred")


if __name__ == "__main__":
    main()
