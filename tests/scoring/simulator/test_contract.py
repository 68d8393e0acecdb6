"""What the simulator writes is what the landing contract asks for, in every batch of every day."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from scoring.landing.contract import RAW_TYPES, Feed, load_feeds
from tests.scoring.simulator.worlds import START, Written

FEEDS = list(load_feeds().values())
MAY_LIE_AHEAD = {("accounts", "temporary_until")}


def _name(feed: Feed) -> str:
    return feed.name


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_every_day_has_a_folder_with_a_control_file(written: Written, feed: Feed) -> None:
    folders = sorted(path.name for path in (written.folder / feed.name).iterdir())
    days = [START + timedelta(days=number) for number in range(written.days)]
    assert folders == [f"dt={day}" for day in days]
    for folder in (written.folder / feed.name).iterdir():
        files = {path.name for path in folder.iterdir()}
        rows = json.loads((folder / "_control.json").read_text())["rows"]
        assert files == {"_control.json"} | ({"part-000.parquet"} if rows else set())


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_control_totals_agree_with_the_rows(written: Written, feed: Feed) -> None:
    amounts = [column.name for column in feed.columns if column.type == "amount"]
    sums = "".join(f", coalesce(sum({name}), 0)::decimal(18,2)" for name in amounts)
    found = written.connection.execute(
        f"select dt, count(*) {sums} from {feed.name} group by dt"
    ).fetchall()
    assert found
    for day, rows, *totals in found:
        path = written.folder / feed.name / f"dt={day}" / "_control.json"
        control = json.loads(path.read_text())
        assert control["rows"] == rows
        assert {name: Decimal(text) for name, text in control["sums"].items()} == dict(
            zip(amounts, totals, strict=True)
        )


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_columns_have_the_names_and_types_of_the_contract(written: Written, feed: Feed) -> None:
    expected = {
        column.name: "VARCHAR" if column.type == "user" else RAW_TYPES[column.type]
        for column in feed.columns
    }
    described = written.connection.execute(f"describe {feed.name}").fetchall()
    assert {name: kind for name, kind, *_ in described if name != "dt"} == expected
    path = next((written.folder / feed.name).rglob("*.parquet"))
    assert pq.read_schema(path).names == list(expected)


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_no_row_breaks_a_rule_of_the_contract(written: Written, feed: Feed) -> None:
    conditions = {rule.name: f"not coalesce(({rule.sql}), false)" for rule in feed.row_rules}
    for column in feed.columns:
        name = column.name
        if column.required:
            conditions[f"{name} required"] = f"{name} is null"
        if column.allowed is not None:
            words = ", ".join(f"'{word}'" for word in column.allowed)
            conditions[f"{name} allowed"] = f"{name} not in ({words})"
        if column.allowed_seed is not None:
            conditions[f"{name} product"] = f"{name} not in ('huabei', 'jiebei')"
        for bound, sign in ((column.above, "<="), (column.minimum, "<"), (column.maximum, ">")):
            if bound is not None:
                conditions[f"{name} {sign} {bound}"] = f"{name} {sign} {bound}"
    broken = {name for name, sql in conditions.items() if written.count(feed.name, sql)}
    assert broken == set()


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_a_key_comes_once_in_a_batch(written: Written, feed: Feed) -> None:
    key = ", ".join(feed.key)
    found = written.one(f"select count(*), count(distinct (dt, {key})) from {feed.name}")
    assert found[0] == found[1]


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_every_column_is_used(written: Written, feed: Feed) -> None:
    unused = [
        column.name
        for column in feed.columns
        if not written.count(feed.name, f"{column.name} is not null")
    ]
    assert unused == []


@pytest.mark.parametrize("feed", FEEDS, ids=_name)
def test_nothing_is_told_before_its_day(written: Written, feed: Feed) -> None:
    early = [
        column.name
        for column in feed.columns
        if column.type == "timestamp"
        and (feed.name, column.name) not in MAY_LIE_AHEAD
        and written.count(feed.name, f"{column.name} >= dt + interval 1 day")
    ]
    assert early == []


@pytest.mark.parametrize("feed", FEEDS[1:], ids=_name)
def test_users_are_known_before_anything_is_said_about_them(written: Written, feed: Feed) -> None:
    assert written.one(
        f"""
        select count(*)
        from {feed.name} as told
        left join (select user_id, min(dt) as since from users group by user_id) as known
            using (user_id)
        where known.since is null or known.since > told.dt
        """
    ) == (0,)


def test_records_name_records_that_exist(written: Written) -> None:
    for child, column, parent, key in (
        ("transactions", "refund_of", "transactions", "transaction_id"),
        ("repayments", "statement_id", "statements", "statement_id"),
        ("repayments", "loan_id", "loans", "loan_id"),
        ("installments", "loan_id", "loans", "loan_id"),
        ("loans", "origin_statement_id", "statements", "statement_id"),
        ("statements", "account_id", "accounts", "account_id"),
        ("users", "merged_into", "users", "user_id"),
    ):
        orphans = written.count(
            child, f"{column} is not null and {column} not in (select {key} from {parent})"
        )
        assert (child, column, orphans) == (child, column, 0)
    assert written.one(
        """
        select count(*) from disputes
        where record_id not in (
            select statement_id from statements
            union all select loan_id from loans
            union all select loan_id || '#' || installment_no from installments
        )
        """
    ) == (0,)
