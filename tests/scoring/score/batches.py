"""Batches for the small card of ``tests.scoring.cards.drafts``."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

SCHEMA = pa.schema(
    {
        "user_key": pa.int64(),
        "has_scoring_consent": pa.bool_(),
        "months_on_book": pa.int64(),
        "evidence_days": pa.int64(),
        "late_payment_count_365d": pa.int64(),
        "payment_ratio_180d": pa.decimal128(18, 6),
        "spend_amount_90d": pa.decimal128(18, 2),
        "revolving_utilisation_ratio": pa.decimal128(18, 6),
    }
)

Row = dict[str, object]


def make_row(
    user_key: int = 1,
    *,
    late: int | None = 0,
    paid: str | None = "0.75",
    spend: str | None = "250.00",
    used: str | None = "0.5",
    consent: bool | None = True,
    evidence: int | None = 10,
    months: int | None = 12,
) -> Row:
    return {
        "user_key": user_key,
        "has_scoring_consent": consent,
        "months_on_book": months,
        "evidence_days": evidence,
        "late_payment_count_365d": late,
        "payment_ratio_180d": None if paid is None else Decimal(paid),
        "spend_amount_90d": None if spend is None else Decimal(spend),
        "revolving_utilisation_ratio": None if used is None else Decimal(used),
    }


def make_batch(*rows: Row) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)
