from __future__ import annotations

import logging
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.gate import (
    GateResult,
    check_landing,
    check_marts,
    check_scores,
    make_scope,
    run_gate,
)
from expectations.landed import expected_feeds
from expectations.plan import find_previous
from expectations.runner import read_exception
from expectations.suite import GATES, Entry, Gate, Suite, load_suite
from scoring.errors import GateClosedError, TransientError
from scoring.landing.contract import load_feeds
from scoring.nights import make_night
from scoring.settings import Settings, load_settings
from scoring.warehouse.content_hash import content_hash
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.expectations.night_tables import NIGHT, PREVIOUS, USERS, land_batch

CHECKS = {"landing": check_landing, "marts": check_marts, "scores": check_scores}


def change(settings: Settings, statement: str) -> None:
    with open_warehouse(settings) as connection:
        connection.execute(statement)


def fetch(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return connection.execute(query).fetchall()


def one_entry_suite(gate: Gate = "marts", **changes: object) -> Suite:
    entry = {
        "id": "under_test",
        "table": "marts.dim_user_night",
        "expectation": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "user_key"},
        "severity": "stop",
        "reason": "A reason that is long enough.",
    }
    return Suite(
        gate=gate,
        description="One expectation.",
        expectations=(Entry.model_validate(entry | changes),),
    )


def only_result(result: GateResult) -> tuple[str, str]:
    (item,) = result.results
    return item.state, item.observed


@pytest.mark.parametrize("gate", GATES)
def test_gate_opens_on_clean_night(
    night_settings: Settings, caplog: pytest.LogCaptureFixture, gate: Gate
) -> None:
    with caplog.at_level(logging.INFO):
        report = CHECKS[gate](night_settings, NIGHT)
    entries = len(load_suite(gate).expectations)
    assert report.row_counts["passed"] >= entries
    assert report.row_counts == {
        "passed": report.row_counts["passed"],
        "warned": 0,
        "failed": 0,
        "errored": 0,
    }
    assert report.summary.startswith(f"{gate} gate open: {report.row_counts['passed']} passed;")
    # the log holds the verdict of every expectation, and no warning
    (record,) = caplog.records
    verdict, *lines = record.getMessage().splitlines()
    assert verdict.startswith(f"{gate} gate open: ")
    assert verdict.endswith(str(report.page))
    assert len(lines) == report.row_counts["passed"]
    assert all(line.startswith("passed ") for line in lines)
    ((count, states),) = fetch(
        night_settings, "select count(*), list(distinct state) from quality.gate_results"
    )
    assert (count, states) == (report.row_counts["passed"], ["passed"])


def test_gate_opens_on_first_night_without_comparing(night_settings: Settings) -> None:
    for table in ("dim_user_night", "fct_user_spending_daily", "fct_user_repayment_daily"):
        change(night_settings, f"delete from marts.{table} where as_of_date < date '2025-01-31'")
    for table in ("fct_user_credit_history_daily", "fct_user_product_linkage_daily"):
        change(night_settings, f"delete from marts.{table} where as_of_date < date '2025-01-31'")
    check_marts(night_settings, NIGHT)
    ((observed,),) = fetch(
        night_settings,
        "select observed from quality.gate_results where expectation = 'spending_jumps'",
    )
    assert observed == "no earlier night within 7 days to compare with"


def test_gate_compares_only_with_what_was_known(night_settings: Settings) -> None:
    change(
        night_settings,
        "update marts.dim_user_night set known_on = date '2025-02-01' "
        "where as_of_date = date '2025-01-30'",
    )
    result = run_gate(night_settings, NIGHT, load_suite("marts"))
    observed = {item.check.name: item.observed for item in result.results}
    assert observed["users_grow_slowly"] == "no earlier night within 7 days to compare with"


def test_closed_gate_says_what_where_and_how_to_go_on(night_settings: Settings) -> None:
    change(night_settings, "update scores.scores set score = score + 1 where user_key < 1012")
    page = night_settings.reports / "data_docs" / "scores" / "2025-01-31.html"
    message = (
        "gate closed for scores@2025-01-31: expected points_sum_to_score (scores.scores: "
        "expect_column_values_to_be_between column=difference min_value=0 max_value=0), "
        "got 12 of 200 rows break it [failed]. Nothing below it ran; what was published before "
        f"stays. Read {page}, correct the cause, then: "
        "creditloop nightly --date 2025-01-31 --from-step score"
    )
    with pytest.raises(GateClosedError, match=f"^{re.escape(message)}$"):
        check_scores(night_settings, NIGHT)


def test_closed_gate_counts_the_others(night_settings: Settings) -> None:
    change(night_settings, "delete from scores.scores where as_of_date = date '2025-01-31'")
    with pytest.raises(GateClosedError, match=r"got no rows \[failed\] and \d+ more like it"):
        check_scores(night_settings, NIGHT)


def test_closed_gate_still_replaces_results_and_page(night_settings: Settings) -> None:
    check_scores(night_settings, NIGHT)
    change(night_settings, "update scores.scores set score = 2000 where user_key = 1003")
    for _ in range(2):
        with pytest.raises(GateClosedError):
            check_scores(night_settings, NIGHT)
    rows = fetch(
        night_settings,
        "select expectation, count(*) from quality.gate_results group by all having count(*) > 1",
    )
    assert rows == []
    ((state, observed, run_id),) = fetch(
        night_settings,
        "select state, observed, run_id from quality.gate_results "
        "where expectation = 'score_in_range'",
    )
    assert (state, observed, run_id) == ("failed", "1 of 200 rows break it", "night-test")
    page = (night_settings.reports / "data_docs/scores/2025-01-31.html").read_text("utf-8")
    assert "Closed: nothing below this gate runs" in page
    assert page.index("score_in_range") < page.index("rows_present")


def test_results_of_other_nights_and_gates_stay(night_settings: Settings) -> None:
    check_landing(night_settings, NIGHT)
    before = fetch(night_settings, "select * from quality.gate_results order by all")
    check_scores(night_settings, NIGHT)
    after = fetch(
        night_settings, "select * from quality.gate_results where gate = 'landing' order by all"
    )
    assert after == before
    index = (night_settings.reports / "data_docs/index.html").read_text("utf-8")
    assert 'href="landing/2025-01-31.html"' in index
    assert 'href="scores/2025-01-31.html"' in index


def test_warning_is_logged_and_does_not_close(
    night_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    change(
        night_settings,
        "update marts.fct_user_credit_history_daily set outstanding_amount = 100 "
        "where as_of_date = date '2025-01-30'",
    )
    with caplog.at_level(logging.INFO):
        report = check_marts(night_settings, NIGHT)
    assert report.row_counts["warned"] == 1
    assert caplog.records[0].getMessage().splitlines()[1].startswith("warned   owed_jumps (")
    assert (
        "marts@2025-01-31 warns: owed_jumps, got outstanding_amount 1 (Debts move on statement"
        in caplog.text
    )


def test_second_bill_of_everybody_is_no_jump(night_settings: Settings) -> None:
    # The second month of a deployment whose bills all fall due on one day.
    for day, bills in (("2025-01-30", 1), ("2025-01-31", 2)):
        change(
            night_settings,
            f"update marts.fct_user_credit_history_daily set statement_count_24m = {bills}, "
            f"worst_dpd_days_24m = {bills}, days_since_last_late = 0, past_due_count = 1, "
            f"current_dpd_days = {bills}, worst_dpd_days_30d = {bills}, "
            f"worst_dpd_days_90d = {bills}, worst_dpd_days_180d = {bills}, "
            f"worst_dpd_days_365d = {bills} where as_of_date = date '{day}'",
        )
        change(
            night_settings,
            f"update marts.fct_user_repayment_daily set statement_due_amount_180d = {bills} * 500, "
            f"repayment_amount_180d = {bills} * 500, matured_count_365d = {bills}, "
            f"payment_ratio_180d = 1.0 / {bills}, minimum_only_ratio_180d = 1.0 / {bills} "
            f"where as_of_date = date '{day}'",
        )
    result = run_gate(night_settings, NIGHT, load_suite("marts"))
    states = {item.check.name: (item.state, item.observed) for item in result.results}
    assert {states[name][0] for name in ("history_jumps", "repayment_jumps")} == {"passed"}, states


@pytest.mark.parametrize(("compared", "stride"), [(200_000, 1), (USERS // 4, 4)])
def test_nights_of_many_users_are_compared_on_a_sample(
    night_settings: Settings, monkeypatch: pytest.MonkeyPatch, compared: int, stride: int
) -> None:
    monkeypatch.setattr("expectations.plan.COMPARED_USERS", compared)
    change(
        night_settings,
        "update marts.fct_user_spending_daily set spend_amount_365d = spend_amount_365d * 2, "
        "spend_days_since_first = null where as_of_date = date '2025-01-31'",
    )
    with open_warehouse(night_settings) as connection:
        scope = make_scope(night_settings, connection, NIGHT, "marts")
    assert scope.stride == stride
    result = run_gate(night_settings, NIGHT, load_suite("marts"))
    observed = {item.check.name: item.observed for item in result.results if item.state == "failed"}
    assert observed["spending_jumps"] == "spend_amount_365d 1"
    emptied = observed["emptied_columns[fct_user_spending_daily]"]
    assert emptied.startswith("spend_days_since_first 0.")  # all, less what chance may do


@pytest.mark.parametrize(("rows_of_quiet_day", "state"), [(40, "passed"), (10, "failed")])
def test_column_of_busy_days_may_be_empty_on_quiet_ones(
    night_settings: Settings, rows_of_quiet_day: int, state: str
) -> None:
    # Five days ago nobody had a bill to pay: no repayment named one. Tonight none does either.
    repayments, quiet = load_feeds()["repayments"], NIGHT.as_of_date - timedelta(days=5)
    changed = "null::varchar as statement_id"
    with open_warehouse(night_settings) as connection:
        where = f"n < {rows_of_quiet_day}"
        land_batch(connection, night_settings, repayments, quiet, changed=changed, where=where)
        land_batch(connection, night_settings, repayments, NIGHT.as_of_date, changed=changed)
    result = run_gate(night_settings, NIGHT, load_suite("landing"))
    found = {item.check.name: item for item in result.results}["columns_not_emptied"]
    assert found.state == state


def test_column_of_few_rows_before_may_be_empty(night_settings: Settings) -> None:
    # A bill here and there: of 70 rows tonight one or two would name one by chance.
    repayments, quiet = load_feeds()["repayments"], NIGHT.as_of_date - timedelta(days=5)
    with open_warehouse(night_settings) as connection:
        land_batch(
            connection, night_settings, repayments, quiet,
            changed="case when n = 1 then statement_id end as statement_id", where="n < 40",
        )  # fmt: skip
        land_batch(
            connection, night_settings, repayments, NIGHT.as_of_date,
            changed="null::varchar as statement_id", where="n < 70",
        )  # fmt: skip
    result = run_gate(night_settings, NIGHT, load_suite("landing"))
    found = {item.check.name: item for item in result.results}["columns_not_emptied"]
    assert found.state == "passed"


@pytest.mark.parametrize(
    ("feed", "rows_before", "state"),
    [
        ("limit_decisions", 2, "passed"),  # no limit is reviewed after the 28th, then as now
        ("limit_decisions", 0, "passed"),  # the first end of a month: nothing to compare it with
        ("limit_decisions", 60, "failed"),
        ("transactions", 0, "failed"),  # there are purchases every day
    ],
)
def test_what_rests_at_the_end_of_a_month_is_compared_with_the_one_before(
    night_settings: Settings, feed: str, rows_before: int, state: str
) -> None:
    days = [NIGHT.as_of_date - timedelta(days=back) for back in (2, 1, 0)]
    with open_warehouse(night_settings) as connection:
        connection.execute(
            "delete from ops.batches where feed = ? and list_contains(?, dt)", [feed, days]
        )
        for day, rows in zip(days, (rows_before, rows_before, 2), strict=True):
            if rows:
                where = f"n < {rows}"
                land_batch(connection, night_settings, load_feeds()[feed], day, where=where)
    result = run_gate(night_settings, NIGHT, load_suite("landing"))
    assert {item.check.name: item for item in result.results}["volume_stop"].state == state


@pytest.mark.parametrize(("rows", "state"), [(35, "passed"), (45, "failed")])
def test_amounts_of_far_fewer_rows_than_usual_are_not_compared(
    night_settings: Settings, rows: int, state: str
) -> None:
    feed = load_feeds()["transactions"]
    with open_warehouse(night_settings) as connection:
        for back in range(1, 8):
            day = NIGHT.as_of_date - timedelta(days=back)
            land_batch(connection, night_settings, feed, day, where="n < 150")
        changed = "amount * 100 as amount"
        day, where = NIGHT.as_of_date, f"n < {rows}"
        land_batch(connection, night_settings, feed, day, changed=changed, where=where)
    result = run_gate(night_settings, NIGHT, load_suite("landing"))
    assert {item.check.name: item for item in result.results}["amounts_stop"].state == state


def test_empty_suite_closes_the_gate(
    night_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Suite(gate="marts", description="Nothing.", expectations=())
    assert not run_gate(night_settings, NIGHT, empty).is_open
    monkeypatch.setattr("expectations.gate.load_suite", lambda gate: empty)
    message = "gate closed for marts@2025-01-31: expected at least one expectation, got an empty"
    with pytest.raises(GateClosedError, match=message):
        check_marts(night_settings, NIGHT)


def test_empty_batch_fails_unless_declared(night_settings: Settings) -> None:
    night = make_night(date(2025, 1, 29))
    closed = run_gate(night_settings, night, one_entry_suite())
    assert (closed.is_open, only_result(closed)) == (False, ("failed", "no rows"))
    declared = run_gate(night_settings, night, one_entry_suite(may_be_empty=True))
    assert (declared.is_open, only_result(declared)) == (
        True,
        ("passed", "no rows, as this one may have"),
    )


@pytest.mark.parametrize("severity", ["stop", "warn"])
@pytest.mark.parametrize(
    ("changes", "observed"),
    [
        ({"kwargs": {"column": "nobody"}}, 'The column "nobody" in BatchData does not exist'),
        ({"table": "marts.nothing"}, "Catalog Error: Table with name nothing does not exist!"),
        ({"kwargs": {"colour": "red"}}, "ValidationError"),
        ({"expectation": "expect_the_best"}, "ExpectationNotFoundError"),
        ({"query": "select error('user 1003 owes 5') as a"}, "InvalidInputException"),
        ({"query": "select {{ nothing }} as a"}, "UndefinedError: 'nothing' is undefined"),
        (
            {
                "kwargs": {"column": "consent_basis", "regex": "("},
                "expectation": "expect_column_values_to_match_regex",
            },
            "MetricResolutionError",
        ),
        (
            {"each": {"columns_like": "^zzz"}},
            "LookupError: no column of marts.dim_user_night matches ^zzz",
        ),
        (
            {
                "each": {"items": {"a": {"column": "user_key"}}},
                "query": "select user_key from {{ table }}",
                "kwargs": {"column": "{{ column }}"},
            },
            "its query yields no single row with a column for each part",
        ),
    ],
)
def test_errored_expectation_closes_the_gate_whatever_its_severity(
    night_settings: Settings, changes: dict[str, object], observed: str, severity: str
) -> None:
    suite = one_entry_suite(**changes, severity=severity)
    result = run_gate(night_settings, NIGHT, suite)
    state, got = only_result(result)
    assert (result.is_open, state) == (False, "errored")
    assert got.startswith(observed)
    assert "1003" not in got


def test_error_of_one_expectation_leaves_the_others_judged(night_settings: Settings) -> None:
    good, bad = one_entry_suite(), one_entry_suite(id="broken", kwargs={"column": "nobody"})
    suite = Suite(
        gate="marts",
        description="Both.",
        expectations=(*bad.expectations, *good.expectations),
    )
    result = run_gate(night_settings, NIGHT, suite)
    assert [item.state for item in result.results] == ["errored", "passed"]


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ({"raised_exception": False, "exception_message": None}, None),
        ({}, None),
        (
            {"raised_exception": True, "exception_message": "Binder Error: no column x\nuser 7"},
            "Binder Error: no column x",
        ),
        (
            {
                "metric a": {"raised_exception": False},
                "metric b": {
                    "raised_exception": True,
                    "exception_message": "could not convert 'Li Lei'",
                    "exception_traceback": "Traceback\nduckdb.ConversionException: 'Li Lei'",
                },
            },
            "ConversionException",
        ),
    ],
)
def test_exception_inside_a_result_is_found(info: dict[str, object], problem: str | None) -> None:
    assert read_exception(info) == problem


@pytest.mark.parametrize("dt", ["2025-01-22", "2025-01-31"])
def test_missing_raw_file_closes_the_landing_gate(night_settings: Settings, dt: str) -> None:
    (file,) = (night_settings.raw / "transactions" / f"dt={dt}").glob("*.parquet")
    file.unlink()
    message = f"IO Error: No files found that match the pattern .*{file.name}"
    with pytest.raises(GateClosedError, match=message):
        check_landing(night_settings, NIGHT)


def test_missing_marts_close_the_gate(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "empty", identity_key=TEST_KEY)
    with pytest.raises(GateClosedError, match=r"Catalog Error: Table .* \[errored\]"):
        check_marts(settings, NIGHT)


def test_pages_need_no_network_and_show_everything(night_settings: Settings) -> None:
    result = run_gate(night_settings, NIGHT, load_suite("marts"))
    page = result.page.read_text("utf-8")
    assert "Open: the night may go on." in page
    assert not re.search(r"https?://|<script|<link", page)
    for item in result.results:
        assert item.check.name in page
        assert item.observed in page


def test_no_user_key_or_amount_reaches_page_results_or_message(night_settings: Settings) -> None:
    change(
        night_settings,
        "update marts.fct_user_spending_daily set user_key = 987654321, "
        "spend_amount_90d = -4321.99, spend_max_amount_90d = 7777.77 "
        "where user_key = 1003 and as_of_date = date '2025-01-31'",
    )
    with pytest.raises(GateClosedError) as raised:
        check_marts(night_settings, NIGHT)
    pages = "".join(
        path.read_text("utf-8") for path in (night_settings.reports / "data_docs").rglob("*.html")
    )
    stored = str(fetch(night_settings, "select * from quality.gate_results"))
    for text in (str(raised.value), pages, stored):
        assert not re.search("987654321|4321|7777|1003", text)


def test_gate_changes_no_data_and_leaves_no_table(night_settings: Settings) -> None:
    def state() -> list[object]:
        with open_warehouse(night_settings) as connection:
            tables = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where schema_name <> 'quality' order by all"
            ).fetchall()
            hashes = [
                content_hash(connection, name, _columns(connection, name)) for (name,) in tables
            ]
            return [tables, hashes]

    before = state()
    for check in CHECKS.values():
        check(night_settings, NIGHT)
    assert state() == before


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe {table}").fetchall()]


def test_warehouse_opens_again_after_each_gate(night_settings: Settings) -> None:
    for _ in range(3):
        check_scores(night_settings, NIGHT)
        with open_warehouse(night_settings) as connection:
            assert connection.execute("select count(*) from scores.scores").fetchone() == (400,)
    # Another process can open it too: nothing in this one holds the file.
    query = f"import duckdb; duckdb.connect({str(night_settings.warehouse_file)!r}).close()"
    assert subprocess.run([sys.executable, "-c", query], check=False).returncode == 0


def test_gate_waits_for_the_writer_lock(night_settings: Settings) -> None:
    hold = (
        "import sys; from pathlib import Path\n"
        "from scoring.settings import load_settings\n"
        "from scoring.warehouse.lock import writer_lock\n"
        "with writer_lock(load_settings(home=Path(sys.argv[1]))):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(night_settings.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        impatient = night_settings.model_copy(update={"lock_timeout_seconds": 0.1})
        with pytest.raises(TransientError, match="warehouse lock not acquired"):
            check_scores(impatient, NIGHT)
        holder.communicate()


def test_terminal_stays_clean_and_nothing_is_written_elsewhere(
    night_settings: Settings, tmp_path: Path
) -> None:
    change(night_settings, "update scores.scores set pd_12m = 7")
    program = (
        "import logging, sys; from datetime import date; from pathlib import Path\n"
        "from expectations.gate import check_landing, check_marts, check_scores\n"
        "from scoring.errors import GateClosedError\n"
        "from scoring.nights import make_night\n"
        "from scoring.settings import load_settings\n"
        "logging.basicConfig(level=logging.INFO)\n"
        # What the gate itself says at this level is wanted; everybody else stays silent.
        "logging.getLogger('expectations.gate').setLevel(logging.WARNING)\n"
        "settings = load_settings(home=Path(sys.argv[1]))\n"
        "night = make_night(date(2025, 1, 31))\n"
        "check_landing(settings, night); check_marts(settings, night)\n"
        "try:\n"
        "    check_scores(settings, night)\n"
        "except GateClosedError:\n"
        "    raise SystemExit(1)\n"
    )
    empty = tmp_path / "cwd"
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(night_settings.root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=empty,
        env={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOME": str(empty),
            "CREDITLOOP_REFERENCE_USERS": "0",
        },
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert list(empty.iterdir()) == []


def test_deferred_libraries_still_work_after_the_gate() -> None:
    program = (
        "import sys, expectations.gx\n"
        "assert 'scipy.stats' not in sys.modules and 'altair' not in sys.modules\n"
        "from great_expectations.expectations.core import "
        "expect_column_kl_divergence_to_be_less_than as module\n"
        "assert module.stats.norm.cdf(0) == 0.5\n"
        "import scipy.stats\n"
        "assert scipy.stats.norm.cdf(0) == 0.5 and module.alt.Chart\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_expected_feeds_leave_out_declared_absences(night_settings: Settings) -> None:
    with open_warehouse(night_settings) as connection:
        assert len(expected_feeds(night_settings, connection, NIGHT)) == 10
        connection.execute(
            "update ops.batches set rows_read = 0, rows_loaded = 0, raw_file = null "
            "where feed = 'loans' and dt = date '2025-01-31'"
        )
        connection.execute(
            "insert into ops.waivers values "
            "('disputes', date '2025-01-31', 'missing', 'holiday', now()::timestamp)"
        )
        connection.execute(
            "delete from ops.batches where feed = 'disputes' and dt = date '2025-01-31'"
        )
        feeds = expected_feeds(night_settings, connection, NIGHT)
    assert set(feeds).isdisjoint({"loans", "disputes"})
    assert len(feeds) == 8
    check_landing(night_settings, NIGHT)


@pytest.mark.parametrize(
    ("state", "severity", "previous"),
    [
        ("failed", "stop", None),
        ("errored", "warn", None),
        ("failed", "warn", PREVIOUS),
        ("passed", "stop", PREVIOUS),
    ],
)
def test_refused_night_is_nothing_to_compare_with(
    night_settings: Settings, state: str, severity: str, previous: date | None
) -> None:
    with open_warehouse(night_settings) as connection:
        connection.execute(
            "insert into quality.gate_results values "
            "('scores', ?, ?, 'mean_shift_stop', 'scores.scores', ?, ?, '45', 'r', 'run', now())",
            [PREVIOUS, PREVIOUS, severity, state],
        )
        found = find_previous(connection, "scores.scores", "scores", NIGHT)
        other_gate = find_previous(connection, "marts.dim_user_night", "marts", NIGHT)
    assert found == (None if previous is None else (previous, previous))
    assert other_gate == (PREVIOUS, PREVIOUS)


def test_scores_of_another_card_are_nothing_to_compare_with(night_settings: Settings) -> None:
    change(
        night_settings,
        "update scores.scores set card_id = 'demo_v2', score = score - 100 "
        "where as_of_date = date '2025-01-31'",
    )
    with open_warehouse(night_settings) as connection:
        assert find_previous(connection, "scores.scores", "scores", NIGHT) is None
    change(
        night_settings,
        "update scores.scores set card_id = 'demo_v2' where as_of_date = date '2025-01-30'",
    )
    with open_warehouse(night_settings) as connection:
        found = find_previous(connection, "scores.scores", "scores", NIGHT)
    assert found == (PREVIOUS, PREVIOUS)


def test_failed_challenger_warns_and_does_not_close_the_gate(night_settings: Settings) -> None:
    change(
        night_settings,
        "insert into ops.card_runs values (date '2025-01-31', date '2025-01-31', 'demo_v2', 'h', "
        "'challenger', 'failed', null, 'KeyError', 'r', 'v', now())",
    )
    assert check_scores(night_settings, NIGHT).row_counts["warned"] == 1


def test_feed_a_day_late_is_no_old_night(night_settings: Settings) -> None:
    entries = load_suite("marts").expectations
    entry = next(entry for entry in entries if entry.id == "days_since_spending_age")
    suite = Suite(gate="marts", description="One expectation.", expectations=(entry,))
    spending = "update marts.fct_user_spending_daily set spend_days_since_last"
    change(night_settings, f"{spending} = 4 where as_of_date = date '2025-01-30'")
    # Everybody bought yesterday, and nobody knew of it the night before.
    change(night_settings, f"{spending} = 1 where as_of_date = date '2025-01-31'")
    assert only_result(run_gate(night_settings, NIGHT, suite)) == ("passed", "1")
    change(night_settings, f"{spending} = 4 where as_of_date = date '2025-01-31'")
    assert only_result(run_gate(night_settings, NIGHT, suite)) == ("failed", "0")
