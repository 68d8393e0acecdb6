"""Sealed batches: unchanged content is welcome, anything else needs a reason."""

from __future__ import annotations

import re
from datetime import date

import pytest

from scoring.errors import DataRefusedError
from scoring.landing.ingest import ingest_night
from scoring.landing.sealing import sealed_through
from scoring.nights import make_night
from tests.scoring.landing.conftest import DAY, Bench, of, transactions

LATER = date(2025, 1, 7)
FIRST = transactions("T1,U1,2025-01-06,1")


def sealed_bench(bench: Bench) -> Bench:
    """Users and transactions of DAY are loaded and used by a published night."""
    bench.land_users()
    bench.land("transactions", FIRST)
    bench.ingest()
    bench.publish(DAY)
    return bench


def refused(bench: Bench, message: str) -> None:
    with pytest.raises(DataRefusedError, match=f"^{re.escape(message)}$"):
        bench.ingest()


def message_for(feed: str, got: str) -> str:
    return (
        f"batch refused (sealed) for {feed}@2025-01-06: expected unchanged content for a batch "
        f"that published nights have used (all up to 2025-01-06), got {got}. Put it under a later "
        "dt; what was loaded before stays. To change published nights on purpose: creditloop "
        "ingest --date 2025-01-06 --reopen --reason TEXT."
    )


@pytest.mark.parametrize(
    ("states", "sealed"),
    [([], None), (["withdrawn"], DAY), (["kept", "current"], DAY), (["expired"], DAY)],
)
def test_published_nights_seal(bench: Bench, states: list[str], sealed: date | None) -> None:
    for state in states:
        bench.publish(DAY, state)
    with bench.warehouse() as connection:
        assert sealed_through(connection) == sealed


def test_identical_bytes_and_identical_content_are_no_ops(bench: Bench) -> None:
    before = sealed_bench(bench).content()
    assert of(bench.ingest(), "transactions").outcome == "unchanged"
    bench.land("transactions", FIRST.replace(",1\n", ",1.00\n").replace("\n", "\r\n"))
    assert of(bench.ingest(), "transactions").outcome == "unchanged"
    assert bench.content() == before


def test_different_content_is_refused_and_harms_nothing(bench: Bench) -> None:
    before = sealed_bench(bench).content()
    files = bench.raw_files()
    bench.land("transactions", transactions("T1,U1,2025-01-06,2"))
    refused(bench, message_for("transactions", "different content"))
    assert (bench.content(), bench.raw_files()) == (before, files)
    assert bench.raw("transactions", "amount") == [(1,)]
    ingest_night(bench.settings, make_night(LATER))


def test_damaged_content_of_a_sealed_batch_harms_nothing(bench: Bench) -> None:
    before = sealed_bench(bench).content()
    bench.land("transactions", "x\n")
    with pytest.raises(DataRefusedError, match="missing_column"):
        bench.ingest()
    assert bench.content() == before
    ingest_night(bench.settings, make_night(LATER))


def test_first_content_of_a_sealed_day_is_refused(bench: Bench) -> None:
    sealed_bench(bench).land("loans", "loan_id,user_id,product,principal\nL1,U1,jiebei,5\n")
    refused(bench, message_for("loans", "first content"))
    assert bench.state("loans") is None
    ingest_night(bench.settings, make_night(LATER))


def test_reopened_batch_is_replaced_and_remembered(bench: Bench) -> None:
    sealed_bench(bench).publish(LATER)
    ((old_hash,),) = bench.query("select content_hash from ops.batches where feed = 'transactions'")
    bench.land("transactions", transactions("T1,U1,2025-01-06,2"))
    report = bench.ingest(reopen_reason="wrong currency")
    assert of(report, "transactions").outcome == "loaded"
    assert of(report, "users").outcome == "unchanged"
    assert bench.raw("transactions", "amount") == [(2,)]
    reopened = "select feed, dt, previous_content_hash, reason from ops.reopened_batches"
    assert bench.query(reopened) == [("transactions", DAY, old_hash, "wrong currency")]
    nights = (
        "select as_of_date, known_on, feed, dt, reason from ops.irreproducible_nights order by 1"
    )
    assert bench.query(nights) == [
        (DAY, DAY, "transactions", DAY, "wrong currency"),
        (LATER, LATER, "transactions", DAY, "wrong currency"),
    ]


def test_reopened_batch_that_is_damaged_keeps_its_content(bench: Bench) -> None:
    before = sealed_bench(bench).content()
    bench.land("transactions", "x\n")
    with pytest.raises(DataRefusedError, match="missing_column"):
        bench.ingest(reopen_reason="trying")
    assert bench.content() == before
    assert bench.query("from ops.reopened_batches") == []


def test_reopening_what_is_not_sealed_needs_no_record(bench: Bench) -> None:
    bench.land_users()
    bench.ingest(reopen_reason="why not")
    assert bench.query("from ops.reopened_batches") == []


def test_withdrawn_publication_still_seals(bench: Bench) -> None:
    sealed_bench(bench).execute("update ops.generations set state = 'withdrawn'")
    bench.land("transactions", transactions("T1,U1,2025-01-06,2"))
    refused(bench, message_for("transactions", "different content"))
