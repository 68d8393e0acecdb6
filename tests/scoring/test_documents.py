"""Generated pages say what their sources say."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from scoring.documents import documents
from scoring.marts.documents import CATALOG, read_catalog, render_features_page
from scoring.settings import PROJECT_ROOT


def _name(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


@pytest.mark.parametrize("path", documents(), ids=_name)
def test_page_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path](), "run: make docs"


def test_features_page_tells_everything_the_catalogue_knows() -> None:
    page = render_features_page()
    with CATALOG.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert page.count("\n| `") == len(rows) > 0
    for row in rows:
        (line,) = [text for text in page.splitlines() if f"| `{row['feature_name']}` |" in text]
        for name in ("title_zh", "description_en", "look_back", "unit", "missing_rule"):
            assert row[name] in line


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_page_counts_the_features_right(page: str) -> None:
    text = (PROJECT_ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"(\d+) features", text)) == {str(len(read_catalog()))}
