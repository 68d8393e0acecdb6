"""What a night reads, and what keeps it from starting."""

from __future__ import annotations

import re
from datetime import date

import pytest

from scoring.errors import ConfigurationError, DataRefusedError, TransientError
from scoring.landing.arrival import is_expected
from scoring.landing.ingest import ingest_night
from scoring.landing.waivers import waive
from scoring.nights import StepReport, make_night
from tests.scoring.landing.conftest import DAY, Bench, of, transactions

MONDAY, SATURDAY = date(2025, 1, 6), date(2025, 1, 11)
BEFORE, AFTER = date(2025, 1, 5), date(2025, 1, 7)


def night(bench: Bench, day: date = DAY, **changes: object) -> StepReport:
    return ingest_night(bench.settings.model_copy(update=changes), make_night(day, run_id="n"))


def refused(bench: Bench, message: str, day: date = DAY, **changes: object) -> None:
    with pytest.raises(DataRefusedError, match=f"^{re.escape(message)}$") as caught:
        night(bench, day, **changes)
    assert caught.value.exit_code == 1


def test_night_reads_its_day_and_earlier_days_not_loaded_yet(bench: Bench) -> None:
    bench.land_users(BEFORE)
    for number, day in enumerate((BEFORE, DAY, AFTER)):
        bench.land("transactions", transactions(f"T{number},U1,2025-01-05,1"), dt=day)
    report = night(bench)
    assert report.row_counts["rows_read"] == 4
    assert report.row_counts["batches_loaded"] == 3
    assert bench.raw("transactions", "transaction_id") == [("T0",), ("T1",)]
    assert night(bench).row_counts["batches_unchanged"] == 1


def test_night_reads_its_own_day_again_when_it_changed(bench: Bench) -> None:
    bench.land_users()
    night(bench)
    bench.land_users(text="user_id\nU7\n")
    assert night(bench).row_counts["rows_loaded"] == 1


def test_night_keeps_a_history_load_of_its_day(bench: Bench) -> None:
    bench.land_users()
    bench.ingest(history=True)
    night(bench)
    assert bench.query("select known_basis from ops.batches") == [("assumed",)]


@pytest.mark.parametrize(
    ("arrival", "day", "expected"),
    [
        ("daily", SATURDAY, True),
        ("business_day", MONDAY, True),
        ("business_day", SATURDAY, False),
        ("business_day", date(2025, 1, 1), False),
        ("irregular", MONDAY, False),
        ("never", MONDAY, False),
    ],
)
def test_arrival_rules(bench: Bench, arrival: str, day: date, expected: bool) -> None:
    settings = bench.settings.model_copy(
        update={"expected": {"loans": arrival}, "holidays": [date(2025, 1, 1)]}
    )
    assert is_expected(settings, "loans", day) is expected


def test_missing_expected_feed_stops_the_night(bench: Bench) -> None:
    bench.land_users()
    refused(
        bench,
        "night refused for loans@2025-01-06: expected a landed batch (the feed arrives daily), got "
        'none. Land it, land _control.json with {"rows": 0} if there is nothing, or accept it with '
        "--accept-missing loans --reason TEXT.",
        expected={"loans": "daily"},
    )
    assert bench.state("users") == ("loaded", None)
    (bench.folder("loans") / "_control.json").write_text('{"rows": 0}')
    night(bench, expected={"loans": "daily"})


def test_waived_missing_feed_lets_the_night_start_and_stays_absent(bench: Bench) -> None:
    bench.land_users()
    waive(bench.settings, "loans", DAY, "missing", "the lender is down")
    night(bench, expected={"loans": "daily"})
    bench.land("loans", "loan_id,user_id,product,principal\nL1,U1,jiebei,5\n")
    report = bench.ingest()
    assert report.warnings == (
        "loans@2025-01-06 was waived and counts as absent; put it under a later dt",
    )
    assert bench.raw("loans") == []


def test_range_can_accept_what_is_missing(bench: Bench) -> None:
    daily = Bench(bench.settings.model_copy(update={"expected": {"loans": "daily"}}))
    daily.land_users(BEFORE)
    (daily.folder("loans") / "_control.json").write_text('{"rows": 0}')
    daily.ingest(BEFORE, AFTER, accept_missing={"loans": "not asked for"})
    assert daily.query("select feed, dt, kind, reason from ops.waivers order by dt") == [
        ("loans", BEFORE, "missing", "not asked for"),
        ("loans", AFTER, "missing", "not asked for"),
    ]


def test_gap_since_the_last_published_night_is_warned_about(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.land_users(BEFORE)
    night(bench, BEFORE)
    bench.publish(BEFORE)
    bench.land("loans", "loan_id,user_id,product,principal\nL1,U1,jiebei,5\n", dt=AFTER)
    report = night(bench, AFTER, expected={"loans": "daily"})
    warning = (
        "loans: 1 expected batches before 2025-01-07 have not landed, the first for 2025-01-06"
    )
    assert warning in caplog.messages
    assert report.summary.endswith("; 1 warnings")


def test_users_must_have_landed_once(bench: Bench) -> None:
    bench.land_users(AFTER)
    bench.ingest(AFTER, AFTER)
    refused(
        bench,
        "night refused for users@2025-01-06: expected the users feed landed at least once by then, "
        "got no batch of it. Land users: without them no other row belongs to anybody.",
    )
    night(bench, AFTER)


def test_refused_batch_of_an_earlier_day_stops_the_night_until_waived(bench: Bench) -> None:
    bench.land_users(BEFORE)
    path = bench.land("loans", "x\n1\n", dt=BEFORE)
    with pytest.raises(DataRefusedError, match="missing_column"):
        night(bench)
    path.unlink()
    refused(
        bench,
        "night refused for loans@2025-01-05: expected every batch up to 2025-01-06 loaded or "
        "waived, got a refused one (missing_column). Replace the files and run creditloop ingest "
        "--date 2025-01-05, or accept the loss with creditloop waive loans --date 2025-01-05 "
        "--kind refused --reason TEXT.",
    )
    waive(bench.settings, "loans", BEFORE, "refused", "lost for good")
    night(bench)


def test_batch_left_half_way_stops_the_night(bench: Bench) -> None:
    bench.land_users()
    night(bench)
    bench.execute("update ops.batches set state = 'loading' where feed = 'users'")
    (bench.folder("users") / "part.csv").unlink()
    with pytest.raises(DataRefusedError, match=r"for users@2025-01-06: .*, got one that was left"):
        night(bench)


def test_batch_left_half_way_is_loaded_by_the_next_night(bench: Bench) -> None:
    bench.land_users()
    night(bench)
    before = bench.content()
    bench.execute("update ops.batches set state = 'loading' where feed = 'users'")
    night(bench)
    assert bench.content() == before


def test_folder_still_being_written_makes_the_night_wait(bench: Bench) -> None:
    bench.land_users()
    (bench.folder("users") / "_SUCCESS").touch()
    bench.land("loans", "loan_id,user_id,product,principal\nL1,U1,jiebei,5\n", dt=BEFORE)
    with pytest.raises(TransientError, match=r"landing folder not read for loans@2025-01-05: "):
        night(bench, landing_quiet_seconds=300)
    assert bench.state("users") == ("loaded", None)


def test_folder_of_a_sealed_day_never_read_is_warned_about(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.land_users(BEFORE)
    night(bench, BEFORE)
    bench.publish(BEFORE)
    bench.land("loans", "loan_id,user_id,product,principal\nL1,U1,jiebei,5\n", dt=BEFORE)
    night(bench)
    assert (
        "loans@2025-01-05 landed after its day was sealed and was never read; put it under a later "
        "dt" in caplog.messages
    )
    assert bench.raw("loans") == []


def test_empty_folder_is_reported(bench: Bench) -> None:
    bench.land_users()
    bench.folder("loans")
    assert bench.ingest().warnings == ("loans@2025-01-06 is an empty folder",)


@pytest.mark.parametrize(
    ("feed", "kind", "reason", "message"),
    [
        ("dogs", "missing", "x", r"for dogs@2025-01-06: expected users \| .*, got an unknown feed"),
        ("loans", "missing", " ", r"for loans@2025-01-06: expected a reason, got none\. Say why"),
        ("loans", "refused", "x", r"expected a refused or unfinished batch, got none\. Waive what"),
        ("users", "refused", "x", r"expected a refused or unfinished batch, got a loaded one"),
        ("users", "missing", "x", r"expected a batch that has not landed, got one that has\. Run"),
    ],
)
def test_waiver_needs_a_ground(
    bench: Bench, feed: str, kind: str, reason: str, message: str
) -> None:
    bench.land_users()
    night(bench)
    with pytest.raises(ConfigurationError, match=f"^waiver refused for .*{message[4:]}"):
        waive(bench.settings, feed, DAY, kind, reason)  # type: ignore[arg-type]
    assert bench.query("from ops.waivers") == []


def test_quiet_folder_counts_in_a_range_as_well(bench: Bench) -> None:
    bench.land_users()
    assert of(bench.ingest(), "users").outcome == "loaded"
