"""File-level refusals, with their exact messages, and what they leave behind."""

from __future__ import annotations

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError, DataRefusedError, TransientError
from scoring.landing import files
from tests.scoring.landing.conftest import DAY, Bench, of, transactions

KEPT_NOTHING = "Correct or replace the file and ingest the day again; nothing of it was kept."
GOOD = transactions("T1,U1,2025-01-06,1.50", "T2,U1,2025-01-06,2")


def refusal(bench: Bench, message: str) -> None:
    """Ingest is refused with exactly this message."""
    with pytest.raises(DataRefusedError, match=f"^{re.escape(message)}$") as caught:
        bench.ingest()
    assert caught.value.exit_code == 1


def test_missing_column_message_names_file_rule_value_and_next_step(bench: Bench) -> None:
    bench.land("users", "name\nAnn\n")
    refusal(
        bench,
        "batch refused (missing_column) for users@2025-01-06/part.csv: expected the columns "
        "user_id, got a header without user_id (is the delimiter a comma?). " + KEPT_NOTHING,
    )


def test_control_rows_that_differ_refuse_the_batch(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", GOOD, control={"rows": 3})
    refusal(
        bench,
        "batch refused (control_rows) for transactions@2025-01-06/_control.json: expected 3 rows, "
        "got 2. Have the batch sent again whole; nothing of it was kept.",
    )
    assert bench.state("transactions") == ("refused", "control_rows")
    assert bench.state("users") == ("loaded", None)


def test_control_sum_that_differs_refuses_the_batch(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", GOOD, control={"rows": 2, "sums": {"amount": "3.51"}})
    refusal(
        bench,
        "batch refused (control_sum) for transactions@2025-01-06/_control.json: expected the sum "
        "of amount in _control.json, got another sum. Have the batch sent again whole; nothing of "
        "it was kept.",
    )


def test_control_totals_count_every_row_read(bench: Bench) -> None:
    bench.land_users()
    rows = ["T1,U1,2025-01-06,1.50", "T2,U1,bad,2", "T3,U1,2025-01-06,0.125", "T3"]
    bench.land(
        "transactions", transactions(*rows), control={"rows": 4, "sums": {"amount": "3.625"}}
    )
    assert of(bench.ingest(), "transactions").rows_quarantined == 3


@pytest.mark.parametrize(
    ("control", "got"),
    [
        ("rows: 2", "text that is not JSON"),
        ("[2]", "JSON that is not an object"),
        ('{"rows": -1}', "no whole number of rows"),
        ('{"rows": true}', "no whole number of rows"),
        ('{"sums": {}}', "no whole number of rows"),
        ('{"rows": 2, "lines": 2}', "the unknown name 'lines'"),
        ('{"rows": 2, "sums": []}', "sums that are not an object"),
        ('{"rows": 2, "sums": {"channel": "1"}}', "a sum of 'channel', no amount of the feed"),
        ('{"rows": 2, "sums": {"amount": "many"}}', "a sum of 'amount' that is no number"),
        ('{"rows": 2, "sums": {"amount": "NaN"}}', "a sum of 'amount' that is no number"),
        ('{"rows": 2, "sums": {"amount": null}}', "a sum of 'amount' that is no number"),
    ],
)  # fmt: skip
def test_control_file_of_another_form_is_refused(bench: Bench, control: str, got: str) -> None:
    bench.land("transactions", GOOD, control=control)
    refusal(
        bench,
        "batch refused (control_file) for transactions@2025-01-06/_control.json: expected control "
        f'totals like {{"rows": 2, "sums": {{"amount": "123.45"}}}}, got {got}. {KEPT_NOTHING}',
    )


def test_control_file_that_says_nothing_refuses_rows(bench: Bench) -> None:
    bench.land("transactions", GOOD, control={"rows": 0})
    with pytest.raises(DataRefusedError, match=r"expected 0 rows, got 2\."):
        bench.ingest()


@pytest.mark.parametrize("name", ["dt=2025-02-30", "dt=20250106", "dt=today", "2025-01-06"])
def test_folder_that_is_no_date_is_refused_and_the_rest_loaded(bench: Bench, name: str) -> None:
    bench.land_users()
    (bench.settings.landing / "transactions" / name).mkdir(parents=True)
    refusal(
        bench,
        f"batch refused (folder_date) for transactions@{name}: expected folders called "
        "dt=YYYY-MM-DD with a real date, got a folder without one. Rename or move it, and ingest "
        "again; nothing of it was kept.",
    )
    assert bench.state("users") == ("loaded", None)


def test_file_beside_the_folders_is_refused(bench: Bench) -> None:
    bench.folder("users").with_name("users.csv").write_text("user_id\nU1\n")
    with pytest.raises(DataRefusedError, match=r"for users@users\.csv: .*, got a file\."):
        bench.ingest()


def test_hidden_files_are_no_data(bench: Bench) -> None:
    bench.land_users()
    for name in (".part.csv", "_part.csv", ".tmp.xlsx"):
        bench.land("users", "garbage", name=name)
    (bench.settings.landing / "users" / "_archive").mkdir()
    assert of(bench.ingest(), "users").rows_read == 2


def test_link_out_of_landing_is_refused(bench: Bench) -> None:
    outside = bench.settings.root / "secret.csv"
    bench.folder("users")
    outside.write_text("user_id\nU1\n")
    (bench.folder("users") / "part.csv").symlink_to(outside)
    refusal(
        bench,
        "batch refused (outside_landing) for users@2025-01-06/part.csv: expected files inside the "
        "landing folder, got a link that leads out of it. Replace the link by the file itself and "
        "ingest again; nothing of it was kept.",
    )


def test_linked_folder_out_of_landing_is_refused(bench: Bench) -> None:
    outside = bench.settings.root / "elsewhere"
    outside.mkdir(parents=True)
    (outside / "part.csv").write_text("user_id\nU1\n")
    (bench.settings.landing / "users").mkdir(parents=True)
    (bench.settings.landing / "users" / f"dt={DAY}").symlink_to(outside)
    with pytest.raises(DataRefusedError, match=r"\(outside_landing\) for users@2025-01-06: "):
        bench.ingest()


def test_landing_that_is_itself_a_link_is_read(bench: Bench) -> None:
    elsewhere = bench.settings.root / "mount"
    elsewhere.mkdir(parents=True)
    bench.settings.landing.symlink_to(elsewhere)
    bench.land_users()
    assert of(bench.ingest(), "users").rows_loaded == 2


def test_folder_in_place_of_a_file_is_refused(bench: Bench) -> None:
    (bench.folder("users") / "part.csv").mkdir()
    refusal(
        bench,
        "batch refused (file_kind) for users@2025-01-06/part.csv: expected files that end in "
        ".parquet, .csv, .csv.gz, .jsonl, got a folder. Remove or convert it and ingest again; "
        "names that start with . or _ are not looked at.",
    )


def test_complete_folder_without_data_is_refused(bench: Bench) -> None:
    (bench.folder("users") / "_SUCCESS").touch()
    refusal(
        bench,
        "batch refused (no_data_file) for users@2025-01-06: expected a data file, or _control.json "
        f'with {{"rows": 0}}, got a complete folder without either. {KEPT_NOTHING}',
    )


def test_too_many_bad_rows_refuse_the_batch(bench: Bench) -> None:
    bench.land_users()
    rows = [f"T{number},U1,2025-01-06,1" for number in range(1000)]
    bad = [f"B{number},U1,{'x' if number < 15 else '2025-01-06'},-1" for number in range(21)]
    bench.land("transactions", transactions(*rows, *bad))
    refusal(
        bench,
        "batch refused (quarantine_limit) for transactions@2025-01-06: expected at most 20 bad "
        "rows (20, or 0.01 of all), got 21 of 1021, most of them (15) by the rule type on "
        "occurred_at. Correct the file and ingest the day again, or raise "
        "CREDITLOOP_QUARANTINE_SHARE for the feed; nothing of it was kept.",
    )
    assert bench.rules() == []


def test_quarantine_share_is_a_setting_of_the_feed(bench: Bench) -> None:
    bench.land_users()
    bad = [f"B{number},U1,x,1" for number in range(30)]
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", *bad))
    tolerant = bench.settings.model_copy(
        update={"quarantine_share": {"transactions": Decimal("0.97")}}
    )
    assert of(Bench(tolerant).ingest(), "transactions").rows_quarantined == 30
    assert len(bench.rules()) == 30


def test_too_many_unknown_users_refuse_the_batch(bench: Bench) -> None:
    bench.land_users()
    rows = [f"T{number},X{number},2025-01-06,1" for number in range(21)]
    bench.land("transactions", transactions(*rows))
    refusal(
        bench,
        "batch refused (held_limit) for transactions@2025-01-06: expected at most 20 rows of users "
        "not landed yet (20, or 0.05 of all), got 21 of 21. Land the users feed first, or raise "
        "CREDITLOOP_HELD_SHARE for the feed; nothing of it was kept.",
    )


def test_several_refused_batches_are_counted(bench: Bench) -> None:
    for feed in ("users", "transactions", "loans"):
        bench.land(feed, "x\n1\n")
    with pytest.raises(DataRefusedError, match=r"for users@.* 2 more refused; `creditloop status`"):
        bench.ingest()
    assert bench.query("select count(*) from ops.batches where state = 'refused'") == [(3,)]


def test_refused_batch_loses_what_was_loaded_before(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "bad,U1,x,1"))
    bench.ingest()
    bench.land("transactions", "garbage\n")
    with pytest.raises(DataRefusedError, match="missing_column"):
        bench.ingest()
    assert bench.raw("transactions") == []
    assert bench.rules() == []
    assert [name for name in bench.raw_files() if name.startswith("transactions")] == []
    bench.land("transactions", GOOD)
    bench.ingest()
    assert bench.state("transactions") == ("loaded", None)


def test_one_bad_file_among_many_is_named_and_the_other_days_are_loaded(bench: Bench) -> None:
    bench.land_users(date(2025, 1, 1))
    for day in range(2, 12):
        bench.land("transactions", GOOD, dt=date(2025, 1, day))
    mixed = GOOD.replace("\n", "\r\n", 1)
    bench.land("transactions", mixed, dt=date(2025, 1, 5), name="second.csv")
    with pytest.raises(DataRefusedError, match=r"transactions@2025-01-05/second\.csv: .* line end"):
        bench.ingest(date(2025, 1, 1), date(2025, 1, 31))
    states = bench.query("select state, count(*) from ops.batches group by state order by state")
    assert states == [("loaded", 10), ("refused", 1)]


def test_folder_still_being_written_is_transient(bench: Bench) -> None:
    slow = Bench(bench.settings.model_copy(update={"landing_quiet_seconds": 300}))
    slow.land("users", "user_id\nU1\n", control={"rows": 1})
    path = slow.land("transactions", GOOD)
    with pytest.raises(
        TransientError,
        match=r"^landing folder not read for transactions@2025-01-06: expected _control.json or "
        r"_SUCCESS in it, or no change for the quiet time, got files that changed lately; complete "
        r"in (29\d|300) s at the earliest. Repeat the command then, or let the sender write "
        r"_SUCCESS.$",
    ) as caught:
        slow.ingest()
    assert caught.value.exit_code == 3
    assert slow.state("users") == ("loaded", None)
    assert slow.state("transactions") is None
    for each in (path, path.parent):
        os.utime(each, (1, 1))
    assert of(slow.ingest(), "transactions").rows_loaded == 2


def test_success_file_makes_a_folder_complete(bench: Bench) -> None:
    slow = Bench(bench.settings.model_copy(update={"landing_quiet_seconds": 300}))
    slow.land_users()
    (slow.folder("users") / "_SUCCESS").touch()
    assert of(slow.ingest(), "users").rows_loaded == 2


def test_unknown_feed_is_a_usage_error(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match=r"for dogs: expected users \| .* an unknown feed"):
        bench.ingest(feeds=["dogs"])


def test_range_that_ends_before_it_begins_is_a_usage_error(bench: Bench) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"ingest refused for 2025-01-07..2025-01-06: expected a first day that is not after",
    ):
        bench.ingest(date(2025, 1, 7), date(2025, 1, 6))


def test_folder_of_no_feed_is_reported(bench: Bench) -> None:
    bench.land_users()
    bench.land("transaction", GOOD)
    assert bench.ingest().warnings == (
        "landing/transaction is the folder of no feed; nothing in it was read",
    )


def test_link_to_nothing_is_refused(bench: Bench) -> None:
    (bench.folder("users") / "part.csv").symlink_to(bench.settings.landing / "gone.csv")
    with pytest.raises(DataRefusedError, match=r"\(file_kind\) .*, got a link to nothing, or no"):
        bench.ingest()


def test_file_that_vanishes_is_transient(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.land_users()

    def gone(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(files, "_hash_file", gone)
    with pytest.raises(
        TransientError,
        match=r"^landing folder not read for users@2025-01-06: expected files that stay in place "
        r"and may be read, got FileNotFoundError\. Check the folder's permissions and disk, and "
        r"repeat the command\.$",
    ):
        bench.ingest()
