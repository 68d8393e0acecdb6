"""Another process that works in the warehouse."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoring.settings import PROJECT_ROOT, Settings


@contextmanager
def other_writer(settings: Settings, ready: Path) -> Iterator[None]:
    """Let another process hold the warehouse open for writing; ``ready`` is a file it makes."""
    script = (
        "import time, pathlib\n"
        "from scoring.settings import load_settings\n"
        "from scoring.warehouse.store import open_warehouse\n"
        f"with open_warehouse(load_settings(home={str(settings.root)!r})):\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n"
        "    time.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT_ROOT)
    try:
        while not ready.exists():
            assert writer.poll() is None
            time.sleep(0.05)
        yield
    finally:
        writer.kill()
        writer.wait()
