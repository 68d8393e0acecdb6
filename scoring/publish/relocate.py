"""Rewriting the views' absolute paths after readers see published/ somewhere else."""

from __future__ import annotations

from scoring.errors import PermanentError
from scoring.publish.published import PUBLISHED_NAME, generation_file, read_generation
from scoring.publish.registry import reconcile, record_current, switch_readers
from scoring.publish.rewrite import rewrite_generation
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


def relocate(settings: Settings) -> str:
    """Let the views of every kept generation look under ``CREDITLOOP_PUBLISHED_URI``.

    Contents, numbers and content hashes stay; each file is replaced at once, the shown one last.

    Returns:
        One plain line that says what was done.

    Raises:
        PermanentError: Nothing is published.
        ConfigurationError: ``CREDITLOOP_PUBLISHED_URI`` does not show the published folder.
    """
    root = settings.published_uri or settings.published
    with open_warehouse(settings) as connection:
        current = reconcile(connection, settings)
        if current is None:
            raise PermanentError(
                "relocation refused",
                subject=PUBLISHED_NAME,
                expected="a publication",
                got="none",
                next_step="Run `creditloop nightly --date D`; it uses the setting at once.",
            )
        kept = connection.execute(
            "select generation from ops.generations where state = 'kept' order by generation"
        ).fetchall()
        numbers = [int(number) for (number,) in kept if generation_file(settings, number).exists()]
        for number in numbers:
            publication = read_generation(generation_file(settings, number))
            rewrite_generation(connection, settings, publication)
        shown = rewrite_generation(connection, settings, current)
        switch_readers(settings, shown)
        record_current(connection, shown, "relocated")
    return f"{len(numbers) + 1} generations now look under {root}"
