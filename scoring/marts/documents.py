"""``docs/features.md``, rendered from the feature catalogue."""

from __future__ import annotations

import csv
from itertools import groupby

from scoring.settings import PROJECT_ROOT

CATALOG = PROJECT_ROOT / "dbt_project" / "seeds" / "feature_catalog.csv"
_INTRODUCTION = """# Features

<!-- Generated from dbt_project/seeds/feature_catalog.csv by `make docs`; do not edit. -->

Every feature of the marts: a column of `marts.<mart>`, with one row per user and night. Each is a
function of (`as_of_date`, `known_on`) alone. `higher is better` and `lower is better` are what a
scorecard may assume; `neutral` means that it may not assume anything. A feature of consent level
`scoring` is computed for users who granted `credit_scoring`; one of `consent_gated_data` is empty
without that consent, too.

"""


def render_features_page() -> str:
    """``docs/features.md``: one table per mart, features in the order of the catalogue."""
    with CATALOG.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = [f"{len(rows)} features."]
    for mart, features in groupby(rows, key=lambda row: row["mart"]):
        parts += [f"\n## {mart}\n", *_HEADER]
        parts += [_render_row(row) for row in features]
    return _INTRODUCTION + "\n".join(parts) + "\n"


_HEADER = (
    "| feature | meaning | look-back | unit | direction | missing | consent | feeds |",
    "|---|---|---|---|---|---|---|---|",
)


def _render_row(row: dict[str, str]) -> str:
    meaning = (
        f"**{row['title_en']}.** {row['description_en']}<br>"
        f"**{row['title_zh']}。** {row['description_zh']}"
    )
    cells = (
        f"`{row['feature_name']}`",
        meaning,
        row["look_back"],
        row["unit"],
        row["direction"].replace("_", " "),
        row["missing_rule"],
        row["consent_level"],
        row["source_feeds"].replace("|", ", "),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
