"""Where the public sets are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.settings import PROJECT_ROOT

DATA_FOLDER = PROJECT_ROOT.parent / "shared" / "data"
"""One folder per set, beside the project; never committed."""


def real_source(name: str) -> Path:
    """Folder of a public set; skips the test where it is absent."""
    folder = DATA_FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"the public set {name} is not in ../shared/data; see docs/acceptance.md")
    return folder
