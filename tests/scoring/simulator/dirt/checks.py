"""The ledger and what ingest made of the files, compared both ways and to the row."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from scoring.landing.contract import load_feeds
from scoring.landing.quarantine import RowCipher
from tests.scoring.simulator.dirt.deployments import Deployment

_WRONG_BESIDE_OTHERS = ("duplicate", "conflicting_key")
_SHANGHAI = timedelta(hours=8)


def check_ledger(dirty: Deployment) -> None:
    """Everything that ingest quarantined, refused or held is in the ledger, and nothing else."""
    with dirty.connect():
        check_quarantined(dirty)
        assert found_refusals(dirty) == expected_refusals(dirty)
        assert found_held(dirty) == expected_held(dirty)
        assert count_held(dirty) == sum(expected_held(dirty).values())
        check_balance(dirty)


def check_quarantined(dirty: Deployment) -> None:
    groups = dirty.count(
        "select feed, batch_date, rule, column_name, count(*) from quality.quarantine group by all"
    )
    assert groups == dirty.count(
        "select feed, dt, rule, column_name, sum(row_count) from ledger "
        "where outcome = 'quarantined' group by all"
    )
    assert found_quarantined_keys(dirty) == expected_quarantined_keys(dirty)


def expected_quarantined_keys(dirty: Deployment) -> Counter[Any]:
    """Feed, batch, rule and key of every row to be quarantined, but those whose key is broken."""
    counted = dirty.count(
        "select feed, dt, rule, column_name, key, sum(row_count) from ledger "
        "where outcome = 'quarantined' group by all"
    )
    return Counter(
        {
            (feed, dt, rule, key): count
            for (feed, dt, rule, column, key), count in counted.items()
            if column not in load_feeds()[feed].key
        }
    )


def found_quarantined_keys(dirty: Deployment) -> Counter[Any]:
    """The same, from the encrypted rows in quarantine."""
    cipher = RowCipher(dirty.settings)
    found: Counter[Any] = Counter()
    for feed, dt, rule, column, token in dirty.query(
        "select feed, batch_date, rule, column_name, raw_row from quality.quarantine"
    ):
        key = load_feeds()[feed].key
        if column not in key:
            row = json.loads(cipher.decrypt(token))
            parts = [_show(feed, name, row[name], rule) for name in key]
            found[feed, dt, rule, "|".join(parts)] += 1
    return found


def _show(feed: str, name: str, value: object, rule: str) -> str:
    text = str(value).removesuffix(".000000")
    # Of rows that are wrong only beside others ingest keeps the typed row: moments are UTC there.
    if rule in _WRONG_BESIDE_OTHERS and load_feeds()[feed].column(name).type == "timestamp":
        return str(datetime.fromisoformat(text) + _SHANGHAI)
    return text


def expected_refusals(dirty: Deployment) -> list[tuple[Any, ...]]:
    return dirty.query(
        "select distinct feed, dt, rule from ledger where outcome = 'refused' order by all"
    )


def found_refusals(dirty: Deployment) -> list[tuple[Any, ...]]:
    return dirty.query(
        "select feed, dt, refusal_rule from ops.batches where state <> 'loaded' order by all"
    )


def expected_held(dirty: Deployment) -> Counter[Any]:
    return dirty.count(
        "select feed, dt, key, count(*) from ledger where outcome = 'held' group by all"
    )


def found_held(dirty: Deployment) -> Counter[Any]:
    """Feed, batch and key of raw rows that landed before any row of their user."""
    rows = " union all ".join(
        f"select '{name}' as feed, dt, key_text, user_key from {dirty.raw(feed)}"
        for name, feed in load_feeds().items()
        if name != "users"
    )
    return dirty.count(
        f"select feed, dt, key_text, count(*) from ({rows}) "
        "left join ops.known_users as known using (user_key) "
        "where user_key is not null and coalesce(known.first_dt > dt, true) group by all"
    )


def count_held(dirty: Deployment) -> int:
    return int(dirty.query("select coalesce(sum(rows_held), 0) from ops.batches")[0][0])


def check_balance(dirty: Deployment) -> None:
    """Rows read = loaded + held + quarantined, in every batch."""
    unbalanced = dirty.query(
        "select feed, dt from ops.batches where state = 'loaded' "
        "and rows_read <> rows_loaded + rows_held + rows_quarantined"
    )
    assert unbalanced == []
