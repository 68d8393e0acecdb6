"""A way to break each named row rule of the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from scoring.simulator.dirt.blocks import Row

Spoil: TypeAlias = Callable[[Row], None]
"""Changes a good row in place; whatever the row holds, it breaks the rule afterwards."""

CENT, SECOND, DAY = Decimal("0.01"), timedelta(seconds=1), timedelta(days=1)
_NO_STATEMENT, _NO_ACCOUNT = "s0", "a0"


def _merge_into_itself(row: Row) -> None:
    row["merged_into"] = row["user_id"]


def _resolve_before_opened(row: Row) -> None:
    row["resolved_at"] = row["opened_at"] - SECOND


def _put_parts_above_due(row: Row) -> None:
    row["amount_due"] = row["amount_due"] or Decimal(0)
    row["principal_due"] = row["amount_due"] + CENT


def _close_before_disbursed(row: Row) -> None:
    row["disbursed_at"] = row["disbursed_at"] or row["applied_at"]
    row["closed_at"] = row["disbursed_at"] - SECOND


def _disburse_rejected(row: Row) -> None:
    row["decision"] = "rejected"
    row["disbursed_at"] = row["disbursed_at"] or row["applied_at"]
    row["closed_at"] = None


def _name_two_targets(row: Row) -> None:
    row["statement_id"] = row["statement_id"] or _NO_STATEMENT
    row["account_id"] = row["account_id"] or _NO_ACCOUNT


def _name_installment_only(row: Row) -> None:
    row["statement_id"] = row["statement_id"] or _NO_STATEMENT
    row["loan_id"] = row["account_id"] = None
    row["installment_no"] = 1


def _name_no_line(row: Row) -> None:
    row["product"] = row["account_id"] = None


def _put_due_before_statement(row: Row) -> None:
    row["due_date"] = row["statement_date"] - DAY


def _put_minimum_above_due(row: Row) -> None:
    row["minimum_due"] = max(row["amount_due"], Decimal(0)) + CENT


def _refund_itself(row: Row) -> None:
    row["refund_of"] = row["transaction_id"]


ROW_RULE_BREAKS: dict[str, Spoil] = {
    "merged_into_itself": _merge_into_itself,
    "resolved_before_opened": _resolve_before_opened,
    "parts_above_due": _put_parts_above_due,
    "closed_before_disbursed": _close_before_disbursed,
    "rejected_but_disbursed": _disburse_rejected,
    "one_target": _name_two_targets,
    "installment_without_loan": _name_installment_only,
    "product_or_account": _name_no_line,
    "due_before_statement": _put_due_before_statement,
    "minimum_above_due": _put_minimum_above_due,
    "refund_of_itself": _refund_itself,
}
"""By the rule's name in the contract."""
