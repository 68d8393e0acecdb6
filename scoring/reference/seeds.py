"""What the definitions leave to tables: read from the seeds, as anybody may look them up."""

from __future__ import annotations

import csv
from decimal import Decimal

from scoring.marts.dbt_runner import DBT_PROJECT
from scoring.reference.values import Row


def _read(seed: str) -> list[Row]:
    with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


_PRODUCTS = _read("products")
FAMILY: dict[str, str] = {row["product_code"]: row["family"] for row in _PRODUCTS}
"""Product -> ``revolving`` or ``installment``."""
CASH_PRODUCTS = {row["product_code"] for row in _PRODUCTS if row["counts_as_cash"] == "true"}
"""Products whose loans are cash draws."""
ESSENTIAL_CATEGORIES = {
    row["category_code"] for row in _read("spending_categories") if row["is_essential"] == "true"
}
ENTROPY_TERMS = {int(row["per_mille"]): Decimal(row["term"]) for row in _read("entropy_terms")}
"""Share in thousandths -> -p ln p."""
