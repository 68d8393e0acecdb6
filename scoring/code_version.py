"""Which code made a result: package version plus a hash of everything that can change one."""

from __future__ import annotations

import hashlib
from functools import cache

from scoring import __version__
from scoring.settings import PROJECT_ROOT

_FOLDERS = ("scoring", "expectations", "dbt_project")
_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".json"}
_IGNORED = {"target", "logs", "__pycache__", "dbt_packages"}


@cache
def code_version() -> str:
    """For example ``0.1.0+3f9c2a7d1b04``."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            relative = path.relative_to(PROJECT_ROOT)
            if path.suffix in _SUFFIXES and not _IGNORED.intersection(relative.parts):
                digest.update(str(relative).encode())
                digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"
