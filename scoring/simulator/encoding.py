"""From the simulator's integer vectors to Arrow columns in the types of the landing contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scoring.landing.contract import Column, ColumnType, Feed
from scoring.simulator.arrays import NULL, Ints, Rows

Text = dict[str, list[str]]


@dataclass(frozen=True)
class Ids:
    """A number as an id: ``prefix`` and at least ``digits`` digits."""

    prefix: str
    digits: int

    def encode(self, values: Ints, missing: NDArray[np.bool_]) -> pa.Array:
        """The ids, null where ``missing``."""
        digits = pc.utf8_lpad(pa.array(values, mask=missing).cast(pa.string()), self.digits, "0")
        return pc.binary_join_element_wise(self.prefix, digits, "")


@dataclass(frozen=True)
class Words:
    """A number as the word at its place in ``words``."""

    words: tuple[str, ...]

    def code(self, word: str) -> int:
        """The number that stands for ``word``."""
        return self.words.index(word)

    def encode(self, values: Ints, missing: NDArray[np.bool_]) -> pa.Array:
        """The words, null where ``missing``."""
        return pa.array(self.words).take(pa.array(values, mask=missing))


USER_IDS = Ids("u", 7)
TRANSACTIONS, STATEMENTS, LOANS = Ids("t", 13), Ids("s", 13), Ids("l", 11)
ACCOUNTS = Ids("a", 9)
PRODUCT = Words(("huabei", "jiebei"))
LINE_STATUS = Words(("none", "active", "frozen", "closed"))
CATEGORY = Words(
    (
        "groceries",
        "dining",
        "transport",
        "apparel",
        "beauty",
        "household",
        "digital",
        "entertainment",
        "health",
        "education",
        "travel",
        "utilities",
    )
)
CHANNEL = Words(("offline", "app", "web", "mini_program"))
PAYMENT_METHOD = Words(("balance", "debit", "huabei", "huabei_installment", "credit_card", "other"))
TRANSACTION_STATUS = Words(("settled", "refunded", "closed"))
DIRECTION = Words(("out", "in"))
METHOD = Words(("equal_installment", "equal_principal", "interest_first", "bullet"))
DECISION = Words(("accepted", "rejected"))
CLOSE_REASON = Words(("repaid", "written_off", "sold", "cancelled"))
PAID_BY = Words(("autopay", "manual", "early", "third_party"))
PAYMENT_STATUS = Words(("succeeded", "failed", "reversed"))
ACTION = Words(("grant", "raise", "cut", "freeze", "close", "decline"))
PURPOSE = Words(("credit_scoring", "consent_gated_data", "marketing"))
STATE = Words(("granted", "revoked"))
RECORD_KIND = Words(("statement", "installment", "loan"))
OUTCOME = Words(("upheld", "rejected"))

TEXT_COLUMNS: dict[str, dict[str, Ids | Words]] = {
    "users": {
        "gender": Words(("female", "male")),
        "region_code": Ids("R", 2),
        "occupation_code": Ids("O", 2),
    },
    "transactions": {
        "transaction_id": TRANSACTIONS,
        "direction": DIRECTION,
        "category_code": CATEGORY,
        "merchant_id": Ids("m", 5),
        "channel": CHANNEL,
        "payment_method": PAYMENT_METHOD,
        "status": TRANSACTION_STATUS,
        "refund_of": TRANSACTIONS,
    },
    "accounts": {"account_id": ACCOUNTS, "product": PRODUCT, "status": LINE_STATUS},
    "statements": {"statement_id": STATEMENTS, "account_id": ACCOUNTS, "product": PRODUCT},
    "loans": {
        "loan_id": LOANS,
        "product": PRODUCT,
        "account_id": ACCOUNTS,
        "decision": DECISION,
        "repayment_method": METHOD,
        "lender_id": Words(("own_consumer_finance", "bank_a", "bank_b")),
        "origin_statement_id": STATEMENTS,
        "close_reason": CLOSE_REASON,
    },
    "installments": {"loan_id": LOANS},
    "repayments": {
        "repayment_id": Ids("r", 13),
        "statement_id": STATEMENTS,
        "loan_id": LOANS,
        "account_id": ACCOUNTS,
        "method": PAID_BY,
        "status": PAYMENT_STATUS,
    },
    "limit_decisions": {"decision_id": Ids("d", 11), "product": PRODUCT, "action": ACTION},
    "consents": {"purpose": PURPOSE, "state": STATE},
    "disputes": {
        "dispute_id": Ids("p", 9),
        "record_kind": RECORD_KIND,
        "outcome": OUTCOME,
    },
}
"""How each text column of each feed is written (``disputes.record_id`` comes as text)."""


def to_table(feed: Feed, rows: Rows, text: Text, first_user: int = 0) -> pa.Table:
    """An Arrow table with every column of the contract, in its order.

    Args:
        feed: The contract.
        rows: Integer columns by name; a column left out is null throughout.
        text: Columns that come as text already.
        first_user: Number of the user that the rows call 0.
    """
    count = rows["user_id"].size
    arrays = []
    for column in feed.columns:
        if column.name in text:
            arrays.append(pa.array(text[column.name], pa.string()))
        elif column.name in rows:
            arrays.append(_to_array(feed, column, rows[column.name], first_user))
        else:
            arrays.append(pa.nulls(count, _ARROW_TYPES[column.type]))
    return pa.table(arrays, names=[column.name for column in feed.columns])


def to_decimal(values: Ints, missing: NDArray[np.bool_], precision: int, scale: int) -> pa.Array:
    """Whole numbers of 10^-scale as DECIMAL(precision, scale), through the bytes of int128."""
    halves = np.empty((values.size, 2), dtype=np.int64)
    halves[:, 0] = values
    halves[:, 1] = values >> 63
    valid = pa.array(~missing).buffers()[1] if missing.any() else None
    return pa.Array.from_buffers(
        pa.decimal128(precision, scale), values.size, [valid, pa.py_buffer(halves)]
    )


_ARROW_TYPES = {
    "user": pa.string(),
    "text": pa.string(),
    "integer": pa.int64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "amount": pa.decimal128(18, 2),
    "rate": pa.decimal128(12, 8),
    "boolean": pa.bool_(),
}


def _to_array(feed: Feed, column: Column, values: Ints, first_user: int) -> pa.Array:
    missing = values == NULL
    if column.type == "text":
        return TEXT_COLUMNS[feed.name][column.name].encode(np.where(missing, 0, values), missing)
    if column.type == "user":
        return USER_IDS.encode(np.where(missing, 0, values + first_user), missing)
    if column.type == "amount":
        return to_decimal(values, missing, 18, 2)
    if column.type == "rate":
        return to_decimal(values, missing, 12, 8)
    return _to_plain_array(column.type, np.where(missing, 0, values), missing)


def _to_plain_array(kind: ColumnType, values: Ints, missing: NDArray[np.bool_]) -> pa.Array:
    if kind == "timestamp":
        return pa.array(values * 1_000_000, mask=missing).cast(pa.timestamp("us"))
    if kind == "date":
        return pa.array(values.astype(np.int32), mask=missing).cast(pa.date32())
    if kind == "boolean":
        return pa.array(values != 0, mask=missing)
    return pa.array(values, mask=missing)
