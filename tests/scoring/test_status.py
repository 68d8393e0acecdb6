from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from scoring.clock import utc_now
from scoring.nights import run_step
from scoring.releases.actions import promote_card, register_card
from scoring.score.card_runs import CardRun, record_runs
from scoring.settings import Settings
from scoring.status import read_status
from scoring.warehouse.store import open_warehouse
from tests.scoring.other_writer import other_writer
from tests.scoring.publish.handmade import FIRST, SECOND, Handmade, Scored
from tests.scoring.releases.deployments import write_card


@pytest.fixture
def handmade(settings: Settings) -> Handmade:
    """A deployment with one known user."""
    deployment = Handmade(settings)
    deployment.land_users(FIRST, [1])
    return deployment


def test_nothing_there_yet_is_said_and_nothing_is_created(settings: Settings) -> None:
    status = read_status(settings)
    assert not settings.root.exists()
    assert status.publication is None
    assert status.warehouse == "absent"
    assert status.sinks_agree
    assert "published: nothing yet" in status.render()
    assert "warehouse: none yet" in status.render()


def test_publication_runs_and_steps_are_shown(handmade: Handmade) -> None:
    night = handmade.add_night(FIRST, {1: Scored(610)})
    run_step(handmade.settings, "publish", night)
    status = read_status(handmade.settings)

    assert status.publication is not None
    assert status.publication["newest_as_of_date"] == FIRST
    assert status.sinks == {"creditloop.duckdb": 1, "CURRENT.json": 1, "ops.generations": 1}
    assert [(run["run_id"], run["state"]) for run in status.runs] == [(night.run_id, "succeeded")]
    assert [step["step"] for step in status.steps] == ["publish"]
    page = status.render()
    for text in (
        "published: generation 1 with 1 nights, newest 2025-01-30 (known on 2025-01-30), ",
        "card expert_v1",
        f"content hash {status.publication['content_hash']}",
        "sinks agree: creditloop.duckdb 1, CURRENT.json 1, ops.generations 1",
        "last runs",
        "steps of the last run",
    ):
        assert text in page
    assert "quarantined rows" not in page


def test_status_as_a_dictionary_is_plain(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    content = json.loads(json.dumps(read_status(handmade.settings).to_dict(), default=str))
    assert content["sinks_agree"] is True
    assert content["publication"]["gate_results"]["scores"] == {"passed": 1}
    assert content["generations"] == [
        {
            "generation": 1,
            "as_of_date": "2025-01-30",
            "known_on": "2025-01-30",
            "state": "current",
        }
    ]


def test_what_waits_for_attention_is_shown(handmade: Handmade) -> None:
    with open_warehouse(handmade.settings) as connection:
        connection.execute(
            """
            insert into ops.batches
                (feed, dt, state, known_basis, refusal_rule, refusal_message, run_id, changed_at)
            values ('loans', date '2025-01-31', 'refused', 'landed', 'control', 'rows', 'r', ?)
            """,
            [utc_now()],
        )
        connection.execute(
            "insert into ops.waivers values ('loans', date '2025-01-29', 'missing', 'strike', ?)",
            [utc_now()],
        )
        for number in range(3):
            connection.execute(
                """
                insert into quality.quarantine
                    (feed, batch_date, file_name, row_number, rule, run_id, quarantined_at)
                values ('loans', date '2025-01-30', 'a.csv', ?, 'amount > 0', 'r', ?)
                """,
                [number, utc_now()],
            )
    for folder in ("users/dt=2025-01-30", "loans/dt=2025-01-31", "loans/dt=2025-02-01"):
        (handmade.settings.landing / folder).mkdir(parents=True)

    status = read_status(handmade.settings)
    assert [(row["feed"], row["dt"]) for row in status.refused_batches] == [("loans", SECOND)]
    assert [row["reason"] for row in status.waivers] == ["strike"]
    assert status.quarantine == [{"feed": "loans", "rule": "amount > 0", "row_count": 3}]
    assert status.unread_folders == ["loans/dt=2025-02-01"]
    page = status.render()
    for title in ("refused batches", "waivers", "quarantined rows", "landing folders not read"):
        assert title in page


def test_long_lists_are_cut_and_say_so(settings: Settings) -> None:
    for day in range(1, 13):
        (settings.landing / "users" / f"dt={date(2025, 1, day)}").mkdir(parents=True)
    page = read_status(settings).render()
    assert "landing folders not read (12, the first 10 shown)" in page
    assert "dt=2025-01-10" in page
    assert "dt=2025-01-11" not in page


def test_sinks_that_differ_are_called_out(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    with open_warehouse(handmade.settings) as connection:
        connection.execute("update ops.generations set state = 'kept'")
    status = read_status(handmade.settings)
    assert not status.sinks_agree
    assert (
        "sinks DISAGREE: creditloop.duckdb 1, CURRENT.json 1, ops.generations none"
        in status.render()
    )


def test_running_writer_is_not_waited_for(handmade: Handmade, tmp_path: Path) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    with other_writer(handmade.settings, tmp_path / "ready"):
        status = read_status(handmade.settings)
    assert status.warehouse == "busy"
    assert status.publication is not None
    assert status.runs == ()
    assert "warehouse: busy, a run is working" in status.render()


def test_long_message_stands_whole_on_one_line_below_its_run(handmade: Handmade) -> None:
    message = "gate closed for scores@2025-01-30: expected [this], got that. " + "Do it again. " * 9
    with open_warehouse(handmade.settings) as connection:
        connection.execute(
            "insert into ops.step_runs values "
            "('run-1', 'score', ?, ?, ?, 1, 1, 0, 1, 'failed', ?, '{}', 'v')",
            [FIRST, FIRST, utc_now(), message],
        )
    lines = read_status(handmade.settings).render().splitlines()
    assert lines.count(f"    {message.rstrip()}") + lines.count(f"    {message}") == 2


def test_reopened_input_is_called_out(handmade: Handmade) -> None:
    with open_warehouse(handmade.settings) as connection:
        connection.execute(
            "insert into ops.irreproducible_nights values (?, ?, 'loans', ?, 'resent', ?)",
            [FIRST, FIRST, FIRST, utc_now()],
        )
    page = read_status(handmade.settings).render()
    assert "nights that cannot be reproduced" in page
    assert "2025-01-30  2025-01-30  loans  2025-01-30  resent" in page


def test_damaged_stores_are_named_and_the_rest_is_shown(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    published = handmade.settings.published / "creditloop.duckdb"
    published.unlink()
    published.write_bytes(b"no database")
    handmade.settings.warehouse_file.write_bytes(b"no database")
    status = read_status(handmade.settings)
    assert (status.publication, status.warehouse) == (None, "unreadable")
    assert status.sinks == {"creditloop.duckdb": None, "CURRENT.json": 1}
    page = status.render()
    assert "PROBLEM published/creditloop.duckdb cannot be read (IOException); return to" in page
    assert "PROBLEM warehouse/creditloop.duckdb cannot be read: damaged file found" in page


def test_home_without_write_permission_can_be_looked_at(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    lock = handmade.settings.warehouse_file.with_name("writer.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()  # cannot be opened for writing, whoever asks
    status = read_status(handmade.settings)
    assert status.warehouse == "unreadable"
    assert "published: generation 1" in status.render()
    assert "cannot be read: file not used for" in status.render()


def test_cards_and_nights_of_another_card_are_shown(handmade: Handmade, tmp_path: Path) -> None:
    night = handmade.add_night(FIRST, {1: Scored(610)})
    run_step(handmade.settings, "publish", night)
    with open_warehouse(handmade.settings) as connection:
        record_runs(
            connection,
            night,
            [
                CardRun("expert_v1", "hash", "champion", "scored", 1),
                CardRun("demo_v2", "hash", "challenger", "failed", None, "KeyError"),
            ],
        )
    register_card(handmade.settings, write_card(tmp_path / "new", "demo_v2"))
    promote_card(handmade.settings, "demo_v2", "challenger", reason="shadow", day=FIRST)
    status = read_status(handmade.settings)
    assert [(row["card_id"], row["state"]) for row in status.cards] == [
        ("expert_v1", "champion"),
        ("demo_v2", "challenger"),
    ]
    assert [(row["role"], row["message"]) for row in status.card_runs] == [
        ("challenger", "KeyError"),
        ("champion", None),
    ]
    assert status.outdated_nights == []

    promote_card(handmade.settings, "demo_v2", "champion", reason="restated", day=FIRST)
    status = read_status(handmade.settings)
    assert status.outdated_nights == [
        {"as_of_date": FIRST, "card_id": "expert_v1", "champion": "demo_v2"}
    ]
    page = status.render()
    for title in (
        "cards",
        "cards of the night scored last",
        "nights to be scored again by another card",
    ):
        assert f"\n{title}\n" in page


def test_planned_champion_is_shown_with_its_day(handmade: Handmade, tmp_path: Path) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    register_card(handmade.settings, write_card(tmp_path / "new", "demo_v2"))
    promote_card(handmade.settings, "demo_v2", "challenger", reason="shadow", day=FIRST)
    later = date(2025, 6, 1)
    promote_card(handmade.settings, "demo_v2", "champion", reason="agreed", day=later)
    rows = [
        (row["card_id"], row["state"], row["since"]) for row in read_status(handmade.settings).cards
    ]
    assert rows == [
        ("expert_v1", "champion", date(1970, 1, 1)),
        ("demo_v2", "challenger", FIRST),
        ("expert_v1", "retired", later),
        ("demo_v2", "champion", later),
    ]


def test_store_without_a_ledger_is_still_readable(handmade: Handmade) -> None:
    with open_warehouse(handmade.settings) as connection:
        connection.execute("drop table ops.card_releases")
    status = read_status(handmade.settings)
    assert status.warehouse == "readable"
    assert status.cards == ()
