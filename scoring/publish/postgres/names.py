"""Names of the sink's schemas, tables and partitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from scoring.settings import Settings

CURRENT = "current_generation"
GENERATIONS = "generations"
FILES = "files"
GENERATION_FILES = "generation_files"
DEPLOYMENT = "deployment"

GENERATION_KEY = "in_generation"
"""Column of the tables kept per generation; ``publication`` has one named ``generation``."""


@dataclass(frozen=True)
class Names:
    """Where everything stands.

    Attributes:
        views: Schema that readers see.
        store: Schema of the tables behind its views; readers have no right to it.
        reader: Role that may read the views.
    """

    views: str
    store: str
    reader: str

    def table(self, name: str) -> str:
        """A table of the store, qualified."""
        return f'"{self.store}"."{name}"'

    def view(self, name: str) -> str:
        """A view for readers, qualified."""
        return f'"{self.views}"."{name}"'


def sink_names(settings: Settings) -> Names:
    """The names this deployment uses."""
    schema = settings.postgres_schema
    return Names(schema, f"{schema}_store", settings.postgres_reader)


def generation_partition(table: str, generation: int) -> str:
    """Partition of one generation."""
    return f"{table}_g{generation:06d}"


def month_partition(table: str, day: date) -> str:
    """Partition of the month of a night."""
    return f"{table}_{day:%Y%m}"


def month_bounds(day: date) -> tuple[date, date]:
    """First day of a night's month and of the next one.

    Example:
        >>> month_bounds(date(2025, 12, 31))
        (datetime.date(2025, 12, 1), datetime.date(2026, 1, 1))
    """
    first = day.replace(day=1)
    return first, first.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
