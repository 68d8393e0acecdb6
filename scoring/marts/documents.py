"""What is rendered from the feature catalogue: ``docs/features.md``, contracts and dbt's terms."""

from __future__ import annotations

import csv
from itertools import groupby
from pathlib import Path

import yaml

from scoring.settings import PROJECT_ROOT

CATALOG = PROJECT_ROOT / "dbt_project" / "seeds" / "feature_catalog.csv"
MART_FOLDER = PROJECT_ROOT / "dbt_project" / "models" / "marts"
FEATURE_TERMS = PROJECT_ROOT / "dbt_project" / "models" / "feature_terms.md"
MART_DESCRIPTIONS = {
    "fct_user_spending_daily": "what and how often the user buys (消费能力). Refunds act on "
    "the day of the refund; a closed order never happened from its closing on.",
    "fct_user_repayment_daily": "how the user repays (还款能力). Disputed records count neither "
    "for nor against the user. Its most important test: assert_obligations_add_up.",
    "fct_user_credit_history_daily": "arrears, write-offs, applications (信用历史). Arrears run "
    "until the required amount is there; a write-off is no payment.",
    "fct_user_product_linkage_daily": "limits, draws and how the products hang together "
    "(产品联动). A bill's instalment plan is no cash draw.",
}
"""Feature mart -> what one row of it tells."""
DATA_TYPES = {
    "cny": "decimal(18,2)",
    "count": "bigint",
    "days": "bigint",
    "mean_days": "decimal(18,2)",
    "months": "bigint",
    "nats": "decimal(18,6)",
    "ratio": "decimal(18,6)",
}
"""Unit of a feature -> data type of its column."""

_GRAIN = {"user_key": "bigint", "as_of_date": "date", "known_on": "date"}
_GENERATED = (
    "<!-- Generated from dbt_project/seeds/feature_catalog.csv by `make docs`; do not edit. -->\n"
)
_INTRODUCTION = f"""# Features

{_GENERATED}
Every feature of the marts: a column of `marts.<mart>`, with one row per user and night. Each is a
function of (`as_of_date`, `known_on`) alone. `higher is better` and `lower is better` are what a
scorecard may assume; `neutral` means that it may not assume anything. A feature of consent level
`scoring` is computed for users who granted `credit_scoring`; one of `consent_gated_data` is empty
without that consent, too.

"""


def read_catalog() -> list[dict[str, str]]:
    """The rows of the feature catalogue, in its order."""
    with CATALOG.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contract_path(mart: str) -> Path:
    """Where dbt reads a mart's contract."""
    return MART_FOLDER / f"{mart}.yml"


def render_contract(mart: str) -> str:
    """The dbt contract of a feature mart: its grain, then its features in catalogue order."""
    model = {
        "name": mart,
        "description": f"One row per listed user and night: {MART_DESCRIPTIONS[mart]}",
        "config": {"meta": {"grain": list(_GRAIN)}, "tags": ["mart"]},
        "data_tests": [
            {"unique_grain": {"arguments": {"columns": list(_GRAIN)}}},
            "same_users_as_dim",
        ],
        "columns": [
            {
                "name": name,
                "description": f"{{{{ doc('{name}') }}}}",
                "data_type": data_type,
                "constraints": [{"type": "not_null"}],
            }
            for name, data_type in _GRAIN.items()
        ]
        + [_contract_column(row) for row in read_catalog() if row["mart"] == mart],
    }
    text = yaml.safe_dump(
        {"version": 2, "models": [model]}, allow_unicode=True, sort_keys=False, width=100
    )
    return (
        "# Generated from dbt_project/seeds/feature_catalog.csv by `make docs`; do not edit.\n"
        + text
    )


def _contract_column(row: dict[str, str]) -> dict[str, object]:
    column: dict[str, object] = {
        "name": row["feature_name"],
        "description": f"{{{{ doc('{row['feature_name']}') }}}} ({row['missing_rule']})",
        "data_type": DATA_TYPES[row["unit"]],
    }
    if row["missing_rule"].startswith("never empty"):
        column["constraints"] = [{"type": "not_null"}]
    return column


def render_feature_terms() -> str:
    """The doc blocks of features: what each means, wherever a model has a column of its name."""
    blocks = [
        f"{{% docs {row['feature_name']} %}}{row['title_zh']} · {row['title_en']}: "
        f"{row['description_en']}{{% enddocs %}}\n"
        for row in read_catalog()
    ]
    return "\n".join([_GENERATED, *blocks])


def render_features_page() -> str:
    """``docs/features.md``: one table per mart, features in the order of the catalogue."""
    rows = read_catalog()
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
