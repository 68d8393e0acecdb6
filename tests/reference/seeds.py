"""What the definitions leave to tables: read from the seeds, as anybody may look them up."""

from __future__ import annotations

import csv
from decimal import Decimal

from scoring.marts.dbt_runner import DBT_PROJECT
from tests.reference.values import Row


def _read(seed: str) -> list[Row]:
    with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


ESSENTIAL_CATEGORIES = {
    row["category_code"] for row in _read("spending_categories") if row["is_essential"] == "true"
}
ENTROPY_TERMS = {int(row["per_mille"]): Decimal(row["term"]) for row in _read("entropy_terms")}
"""Share in thousandths -> -p ln p."""
