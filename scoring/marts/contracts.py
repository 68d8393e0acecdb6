"""The marts' contracts as dbt reads them: which columns of which types, in which order."""

from __future__ import annotations

from functools import cache

import yaml

from scoring.settings import PROJECT_ROOT

_MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"


@cache
def contract_types(mart: str) -> dict[str, str]:
    """Column -> SQL type (``decimal(18,2)``), in the contract's order."""
    (model,) = yaml.safe_load((_MARTS / f"{mart}.yml").read_text(encoding="utf-8"))["models"]
    return {
        column["name"]: column["data_type"].lower().replace(" ", "") for column in model["columns"]
    }
