"""30,000 real card holders: the card finds next month's defaults without ever seeing the label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.adapters import taiwan
from tests.acceptance.figures import Figures, account_figures
from tests.acceptance.readings import (
    feed_figures,
    fetch_published,
    fetch_warehouse,
    read_feed_rows,
    read_rule_rows,
    read_user_keys,
    step_figures,
)
from tests.acceptance.runs import Run, run_taiwan
from tests.acceptance.separation import (
    auc_of_booster,
    auc_of_scores,
    read_labels,
    read_payment_shares,
    read_worst_codes,
)
from tests.acceptance.sources import real_source

pytestmark = pytest.mark.slow

Show = Callable[[Figures], None]

AUC_FLOOR = 0.64


@pytest.fixture(scope="module")
def source() -> Path:
    return real_source(taiwan.NAME)


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_taiwan(source, tmp_path_factory.mktemp("taiwan"))


@pytest.fixture(scope="module")
def scores(run: Run) -> dict[str, int]:
    """Card holder -> published score."""
    users = {key: user for user, key in read_user_keys(run.settings).items()}
    rows = fetch_published(
        run.settings, "select user_key, score from scores_latest where score is not null"
    )
    return {users[int(str(key))]: int(str(score)) for key, score in rows}


def test_every_source_cell_has_one_fate(run: Run, show: Show) -> None:
    show(account_figures("Taiwan", run.account))
    assert run.account.unaccounted() == {}
    assert run.account.listed()["zero: nothing was paid in this month"] == 180_000 - 143_103


def test_users_statements_and_repayments_are_all_loaded(run: Run, show: Show) -> None:
    show(feed_figures("Taiwan", run.settings))
    feeds = read_feed_rows(run.settings)
    assert {name: rows.loaded for name, rows in feeds.items()} == {
        "accounts": 30_000,
        "repayments": 143_103,
        "statements": 180_000,
        "users": 30_000,
    }
    assert {name: rows.read for name, rows in feeds.items()} == run.account.landed()
    assert read_rule_rows(run.settings) == {}


def test_negative_bills_are_kept_as_credit_balances(run: Run) -> None:
    credit = fetch_warehouse(
        run.settings,
        "select count(*), min(amount_due) < 0 from raw.statements where amount_due < 0",
    )
    assert credit == [(3_932, True)]
    # Nobody who only ever had bills of zero or less is past due.
    owing_nothing = fetch_warehouse(
        run.settings,
        "with owing as (select user_key from raw.statements group by user_key "
        "having max(amount_due) <= 0) "
        "select count(*), max(current_dpd_days), max(overdue_amount) from owing "
        "inner join marts.fct_user_credit_history_daily using (user_key)",
    )
    assert owing_nothing == [(966, 0, 0)]


def test_first_payments_go_to_the_account(run: Run) -> None:
    counted = fetch_warehouse(
        run.settings,
        "select count(*), count(statement_id), min(dt), max(dt) from raw.repayments "
        "where account_id is not null",
    )
    assert [str(value) for value in counted[0]] == ["22827", "0", "2005-04-20", "2005-04-20"]


def test_every_card_holder_is_scored(run: Run, scores: dict[str, int], show: Show) -> None:
    show(step_figures("Taiwan", run.settings))
    assert len(scores) == 30_000


def test_late_payers_score_lower_by_the_pipelines_own_arrears(run: Run, show: Show) -> None:
    rows = fetch_published(
        run.settings,
        "select case when worst_dpd_days_24m = 0 then '0: never late' "
        "when worst_dpd_days_24m < 30 then '1: 1-29 days' "
        "when worst_dpd_days_24m < 60 then '2: 30-59 days' "
        "when worst_dpd_days_24m < 90 then '3: 60-89 days' else '4: 90 days and more' end "
        "as arrears, count(*), avg(score) from scores_latest "
        "inner join features_latest using (user_key) group by arrears order by arrears",
    )
    columns = ("worst days past due", "card holders", "mean score")
    show(Figures("Taiwan: mean score by worst arrears", columns, rows))
    means = [float(str(row[2])) for row in rows]
    assert len(means) >= 4
    assert means == sorted(means, reverse=True)


def test_late_payers_score_lower_by_the_banks_arrears(
    scores: dict[str, int], source: Path, show: Show
) -> None:
    """The bank's arrears codes never went in: they are a yardstick from outside.

    Two thirds of those whose only code is 1 (a month late in September) had nothing to pay on the
    August bill: what they were late with is not in the source, and no score can know it.
    """
    groups: dict[str, list[int]] = {}
    for user, months in read_worst_codes(source).items():
        name = f"{months} months late" if 0 < months < 4 else "4 and more" if months else "on time"
        groups.setdefault(name, []).append(scores[user])
    order = ("on time", "1 months late", "2 months late", "3 months late", "4 and more")
    rows = [(name, len(groups[name]), sum(groups[name]) / len(groups[name])) for name in order]
    columns = ("worst code of the bank", "card holders", "mean score")
    show(Figures("Taiwan: mean score by the arrears the bank recorded", columns, rows))
    means = [row[2] for row in rows if row[0] != "1 months late"]
    assert means == sorted(means, reverse=True)
    late = [score for name in order[1:] for score in groups[name]]
    assert sum(late) / len(late) < means[0] - 50


def test_expert_card_separates_next_months_defaults(
    scores: dict[str, int], source: Path, show: Show
) -> None:
    card = auc_of_scores(scores, read_labels(source))
    booster = auc_of_booster(source)
    rows = [
        ("expert card, never saw the label", card),
        ("booster, trained on the label and the same inputs", booster),
        ("distance", booster - card),
        ("floor", AUC_FLOOR),
    ]
    show(Figures("Taiwan: AUC for default in the next month", ("what", "AUC"), rows))
    assert card >= AUC_FLOOR
    assert 0.72 < booster < 0.75


def test_minimum_due_ratio_is_the_lower_edge_of_what_people_pay(source: Path, show: Show) -> None:
    """2 %: the first point where payments pile up; read off the payments, not off the label."""
    shares = read_payment_shares(source)
    rows = [(f"{percent} % to below {percent + 1} %", count) for percent, count in shares.items()]
    columns = ("paid of the bill of the month before", "payments")
    show(Figures("Taiwan: why minimum_due_ratio is 0.02", columns, rows))
    edge = int(float(taiwan.MINIMUM_DUE_RATIO) * 100)
    assert shares[edge] > 4 * shares[edge - 1]
    assert shares[edge + 1] > 4 * shares[edge]
