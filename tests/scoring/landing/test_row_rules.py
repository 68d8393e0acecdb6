"""Every row rule of every feed owns a row that breaks it, and a row that keeps it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from scoring.landing.contract import Column, load_feeds
from scoring.landing.row_rules import allowed_values, landed_columns, problem_name, row_problems
from tests.scoring.landing.conftest import Bench, of

MOMENT, DAY_TEXT = "2025-01-05 12:00:00", "2025-01-05"
SAMPLES = {
    "users": {"user_id": "U1", "registered_at": MOMENT, "identity_verified_at": MOMENT,
              "merged_into": "U2", "birth_year": "1990", "gender": "f", "region_code": "33",
              "occupation_code": "7"},
    "accounts": {"account_id": "A1", "user_id": "U1", "product": "huabei", "effective_at": MOMENT,
                 "status": "active", "credit_limit": "5000", "temporary_limit": "10.5",
                 "temporary_until": MOMENT, "due_day": "9", "autopay": "t"},
    "consents": {"user_id": "U1", "purpose": "credit_scoring", "changed_at": MOMENT,
                 "state": "granted"},
    "disputes": {"dispute_id": "D1", "user_id": "U1", "record_kind": "loan", "record_id": "L1",
                 "opened_at": MOMENT, "resolved_at": MOMENT, "outcome": "upheld"},
    "installments": {"loan_id": "L1", "installment_no": "1", "user_id": "U1", "due_date": DAY_TEXT,
                     "amount_due": "110", "principal_due": "100", "interest_due": "10"},
    "limit_decisions": {"decision_id": "X1", "user_id": "U1", "product": "jiebei",
                        "decided_at": MOMENT, "action": "grant", "credit_limit": "0",
                        "daily_rate": "0.0004", "score_used": "700"},
    "loans": {"loan_id": "L1", "user_id": "U1", "product": "jiebei", "account_id": "A1",
              "applied_at": MOMENT, "disbursed_at": MOMENT, "decision": "accepted",
              "principal": "1000", "total_due": "1100", "daily_rate": "5e-05", "term_months": "6",
              "term_days": "180", "repayment_method": "bullet", "lender_id": "B1",
              "origin_statement_id": "S1", "closed_at": MOMENT, "close_reason": "repaid",
              "written_off_amount": "0", "reported_dpd": "0", "status_at": MOMENT},
    "repayments": {"repayment_id": "R1", "user_id": "U1", "statement_id": "", "loan_id": "L1",
                   "installment_no": "1", "account_id": "", "paid_at": MOMENT, "amount": "1",
                   "method": "manual", "status": "failed", "is_final": "1"},
    "statements": {"statement_id": "S1", "user_id": "U1", "account_id": "A1", "product": "huabei",
                   "statement_date": DAY_TEXT, "due_date": DAY_TEXT, "amount_due": "-12.30",
                   "minimum_due": "0", "reported_dpd": "0", "written_off_amount": "0"},
    "transactions": {"transaction_id": "T1", "user_id": "U1", "occurred_at": MOMENT,
                     "confirmed_at": MOMENT, "amount": "1", "direction": "in",
                     "balance_after": "-5", "category_code": "C", "merchant_id": "M",
                     "channel": "app", "payment_method": "huabei", "status": "closed",
                     "status_at": MOMENT, "refund_of": "T0"},
}  # fmt: skip
BROKEN_ROWS: dict[str, dict[str, str]] = {
    "merged_into_itself": {"merged_into": "U1"},
    "resolved_before_opened": {"resolved_at": "2025-01-05 11:59:59"},
    "parts_above_due": {"interest_due": "10.01"},
    "closed_before_disbursed": {"closed_at": "2025-01-04"},
    "rejected_but_disbursed": {"decision": "rejected"},
    "one_target": {"account_id": "A1"},
    "installment_without_loan": {"loan_id": "", "statement_id": "S1"},
    "product_or_account": {"account_id": "", "product": ""},
    "due_before_statement": {"due_date": "2025-01-04"},
    "minimum_above_due": {"minimum_due": "1"},
    "refund_of_itself": {"refund_of": "T1"},
}


def _breaking_value(rule: str, column: Column) -> str:
    limits = {"above": (column.above, 0), "minimum": (column.minimum, -1),
              "maximum": (column.maximum, 1)}  # fmt: skip
    if rule in limits:
        limit, step = limits[rule]
        return f"{limit + step:g}" if limit is not None else ""
    texts = {"required": "", "allowed": "zzz", "decimals": "1.123456789"}
    too_long = "x" * 1001 if column.type in ("user", "text") else "12:x"
    return texts.get(rule, too_long)


def _broken_rows(feed_name: str) -> Iterator[tuple[dict[str, str], str, str | None]]:
    feed, sample = load_feeds()[feed_name], SAMPLES[feed_name]
    for problem in row_problems(feed_name):
        if problem.rule == "malformed":
            continue
        if problem.column is None:
            yield sample | BROKEN_ROWS[problem.rule], problem.rule, None
            continue
        (column,) = [each for each in landed_columns(feed) if each.name == problem.column]
        yield (
            sample | {column.name: _breaking_value(problem.rule, column)},
            problem.rule,
            column.name,
        )


@pytest.mark.parametrize("feed_name", SAMPLES)
def test_each_rule_quarantines_the_row_that_breaks_it(bench: Bench, feed_name: str) -> None:
    columns = [column.name for column in landed_columns(load_feeds()[feed_name])]
    wanted = list(_broken_rows(feed_name))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerow(SAMPLES[feed_name])
    writer.writerows(row for row, _, _ in wanted)
    tolerant = Bench(bench.settings.model_copy(update={"quarantine_share": {"*": 1}}))
    tolerant.land(feed_name, text.getvalue())
    found = of(tolerant.ingest(), feed_name)
    assert tolerant.rules() == [
        (rule, column, number) for number, (_, rule, column) in enumerate(wanted, start=2)
    ]
    assert found.rows_read == len(wanted) + 1
    assert found.rows_quarantined == len(wanted)
    assert len(tolerant.raw(feed_name)) == 1


def test_samples_cover_every_column_and_rule_of_the_contract() -> None:
    assert set(SAMPLES) == set(load_feeds())
    for name, feed in load_feeds().items():
        assert set(SAMPLES[name]) == {column.name for column in feed.columns}
    rules = {rule.name for feed in load_feeds().values() for rule in feed.row_rules}
    assert set(BROKEN_ROWS) == rules


def test_products_come_from_the_seed() -> None:
    assert allowed_values(load_feeds()["loans"].column("product")) == ("huabei", "jiebei")


def test_problem_numbers_are_unique_and_named() -> None:
    for name in load_feeds():
        numbers = [problem.number for problem in row_problems(name)]
        assert len(set(numbers)) == len(numbers)
        assert problem_name(name, 2) == ("conflicting_key", None)
        assert problem_name(name, 3) == ("duplicate", None)
        assert problem_name(name, numbers[-1])[0] == row_problems(name)[-1].rule
