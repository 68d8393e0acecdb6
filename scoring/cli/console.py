"""Terminal output: progress bars where a terminal is attached, plain lines elsewhere."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

OnProgress = Callable[[str, int, int], None]
"""Called with (what is being done, how many are done, of how many)."""


def configure_logging(*, verbose: bool) -> None:
    """Send log lines to stderr: warnings, or with ``verbose`` every line of this project.

    What a command did is printed by the command itself.
    """
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    for name in ("scoring", "expectations"):
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.WARNING)


@contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """A progress bar on a terminal; elsewhere one plain line per tenth of the way."""
    if not err.is_terminal:
        yield _plain_progress()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as bar:
        tasks = {}

        def advance(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield advance


def _plain_progress() -> OnProgress:
    shown: dict[str, int] = {}

    def advance(what: str, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if tenth > shown.get(what, -1):
            shown[what] = tenth
            err.print(f"{what}: {done}/{total}", markup=False, highlight=False)

    return advance
