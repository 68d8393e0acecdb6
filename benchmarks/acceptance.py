"""acceptance: the three real sets through whole nights, with every figure.

The figures are those of ``tests/acceptance``, so the tables printed here have passed the tests.
"""

from __future__ import annotations

import sys

import pytest

from scoring.settings import PROJECT_ROOT
from tests.acceptance.adapters import online_retail, taiwan, xente
from tests.acceptance.sources import DATA_FOLDER


def main() -> int:
    """Exit code of the acceptance tests; 2 when a set is absent, for then nothing is shown."""
    names = (xente.NAME, online_retail.NAME, taiwan.NAME)
    absent = [name for name in names if not (DATA_FOLDER / name).is_dir()]
    if absent:
        print(f"absent under {DATA_FOLDER}: {', '.join(absent)}; see docs/acceptance.md")
        return 2
    folder = PROJECT_ROOT / "tests" / "acceptance"
    return int(
        pytest.main([str(folder), "--rootdir", str(PROJECT_ROOT), "-q", "-p", "no:cacheprovider"])
    )


if __name__ == "__main__":
    sys.exit(main())
