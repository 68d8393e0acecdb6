"""Pages that are generated from their one source, so that they cannot disagree with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from scoring.settings import PREFIX, PROJECT_ROOT, Settings


def render_env_example() -> str:
    """``.env.example``: every setting with its default and meaning."""
    lines = ["# Every setting of creditloop. Copy to .env and uncomment what you change.", ""]
    for name, field in Settings.model_fields.items():
        lines.append(f"# {field.description}")
        default = field.get_default(call_default_factory=True)
        if default is None:
            text = ""
        elif isinstance(default, dict | list):
            text = json.dumps(default)
        else:
            text = str(default)
        lines += [f"#{PREFIX}{name.upper()}={text}", ""]
    return "\n".join(lines)


def documents() -> Mapping[Path, Callable[[], str]]:
    """Path of every generated page -> what renders it."""
    from scoring.landing.documents import render_feeds_page, render_sources  # noqa: PLC0415
    from scoring.marts.documents import (  # noqa: PLC0415
        FEATURE_TERMS,
        MART_DESCRIPTIONS,
        contract_path,
        render_contract,
        render_feature_terms,
        render_features_page,
    )
    from scoring.marts.lineage.svg import render_lineage  # noqa: PLC0415
    from scoring.score.dbt_macros import (  # noqa: PLC0415
        NUMBER_MACRO,
        card_macros,
        render_card_macros,
        render_number_macro,
    )
    from scoring.simulator.scenarios.documents import render_scenarios_page  # noqa: PLC0415
    from scoring.training.documents import render_parameters_page  # noqa: PLC0415

    pages: dict[Path, Callable[[], str]] = {
        PROJECT_ROOT / ".env.example": render_env_example,
        PROJECT_ROOT / "docs" / "feeds.md": render_feeds_page,
        PROJECT_ROOT / "docs" / "features.md": render_features_page,
        PROJECT_ROOT / "docs" / "lineage.svg": render_lineage,
        PROJECT_ROOT / "docs" / "scenarios.md": render_scenarios_page,
        PROJECT_ROOT / "docs" / "training_parameters.md": render_parameters_page,
        FEATURE_TERMS: render_feature_terms,
        PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_sources.yml": render_sources,
        NUMBER_MACRO: render_number_macro,
    }
    pages |= {contract_path(mart): partial(render_contract, mart) for mart in MART_DESCRIPTIONS}
    pages |= {path: partial(render_card_macros, card) for path, card in card_macros().items()}
    return pages


def main() -> None:
    """Write every generated page."""
    for path, render in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
