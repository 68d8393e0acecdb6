"""A paused world against the reference in plain Python, where the events are really taken out."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import yaml

from scoring.changes.dependence import WANTED
from scoring.changes.paused_world import EVENTS, PLANNED, Pause, paused_world
from scoring.landing.contract import load_feeds
from scoring.marts.dbt_runner import DBT_PROJECT
from scoring.reference.comparison import count_by_column, find_differences, read_marts
from scoring.reference.features import compute_features
from scoring.reference.known_world import Question, _newest_versions, ask
from scoring.reference.raw_rows import Raw, load_raw
from scoring.reference.values import Row, business_date, to_moment
from scoring.warehouse.store import open_warehouse
from tests.reference.worlds import dirty_world

PAUSE = Pause(date(2025, 4, 20), date(2025, 5, 31), date(2025, 6, 30))
KNOWN = ("batch_date", "known_from", "known_until")


def test_every_date_in_staging_is_an_event_or_planned() -> None:
    for feed in load_feeds():
        path = DBT_PROJECT / "models" / "staging" / f"stg_{feed}.yml"
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        query = path.with_suffix(".sql").read_text(encoding="utf-8")
        dates = {
            column["name"]
            for column in model["columns"]
            if column["name"].endswith(("_date", "_at", "_until", "_from"))
        }
        assert dates, feed
        events = {name for pair in EVENTS[feed].items() for name in pair if name}
        assert events <= dates, feed
        assert all(name in query for name in events), feed
        assert dates - events - set(PLANNED) - set(KNOWN) == set(), feed


@pytest.mark.slow
def test_states_equal_the_reference_without_the_events(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """For half of the users, in a world of late, changed, moved and withdrawn rows."""
    settings = dirty_world(tmp_path_factory.getbasetemp()).settings
    now = ask(settings, PAUSE.earlier, PAUSE.known_on)
    later = ask(settings, PAUSE.later, PAUSE.known_on)
    with open_warehouse(settings) as connection:
        raw = load_raw(connection, settings)
        connection.execute(
            f"create temp table {WANTED} as select distinct user_key from staging.stg_users"
            " where user_key % 2 = 0"
        )
        with paused_world(connection, settings, PAUSE) as scratch:
            found = {question.as_of: read_marts(scratch, question) for question in (now, later)}
    half = {row["user_key"] for row in raw["users"] if row["user_key"] % 2 == 0}
    expected = {
        now.as_of: compute_features(raw, now, half),
        later.as_of: compute_features(_end(raw, now), later, half),
    }
    whole = compute_features(raw, later, half)
    for day, wanted in expected.items():
        marts = {
            mart: {key: row for key, row in users.items() if key % 2 == 0}
            for mart, users in found[day].items()
        }
        differences = find_differences(wanted, marts)
        assert not differences, (day, count_by_column(differences), differences[:5])
        assert len(wanted) > 50
    later_features = expected[later.as_of]
    moved = sum(features != whole[key] for key, features in later_features.items())
    assert moved > len(later_features) // 2


def _end(raw: Raw, question: Question) -> Raw:
    """What was known, without anything that happened after the day: rows and attributes go."""
    ended: Raw = {}
    for feed, rows in raw.items():
        newest = _newest_versions(feed, rows, question.known_on)
        kept = [_end_row(feed, row, question) for row in newest]
        ended[feed] = [row for row in kept if row is not None]
    return ended


_HAPPENS = {
    "transactions": "occurred_at",
    "accounts": "effective_at",
    "statements": "statement_date",
    "repayments": "paid_at",
    "limit_decisions": "decided_at",
    "consents": "changed_at",
    "disputes": "opened_at",
}
_ATTRIBUTES = {
    # The key stays: others may be merged into it.
    "users": {"registered_at": {"registered_at": datetime.fromisoformat("2100-01-01")}},
    "transactions": {"status_at": {"status": "settled"}},
    "loans": {
        "applied_at": {},
        "disbursed_at": {},
        "closed_at": {"close_reason": None},
        "status_at": {"close_reason": None, "written_off_amount": None, "reported_dpd": None},
    },
    "disputes": {"resolved_at": {"outcome": None}},
}


def _end_row(feed: str, row: Row, question: Question) -> Row | None:
    def is_ahead(column: str) -> bool:
        value = row[column]
        if value is None:
            return False
        day = value if column.endswith("_date") else business_date(to_moment(value, question.zone))
        return bool(day > question.as_of)

    if feed in _HAPPENS and is_ahead(_HAPPENS[feed]):
        return None
    ended = dict(row)
    for column, emptied in _ATTRIBUTES.get(feed, {}).items():
        if is_ahead(column):
            ended |= {column: None, **emptied}
    return ended
