"""What must be true of a deployment at any moment, and after a killed action was repeated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from scoring.errors import CreditloopError
from scoring.publish.published import (
    GENERATIONS_FOLDER,
    published_content_hash,
    published_file,
    read_published,
)
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

_WHOLE = """
select
    (select count(*) from publication) as publications,
    night_count = (select count(distinct as_of_date) from scores) as has_its_nights,
    scores_latest_row_count = (select count(*) from scores_latest) as has_its_users,
    features_latest_row_count = (select count(*) from features_latest) as has_its_features,
    (
        select count(*) from scores_history
        where published_at_generation > publication.generation
    ) as later_rows,
    (select count(*) from scores as one anti join score_points as other using (user_key, as_of_date)
        where one.score_status = 'scored') as unexplained_rows
from publication
"""
_EXPECTED = [(1, True, True, True, 0, 0)]


@dataclass(frozen=True)
class Content:
    """What a deployment holds, generation numbers, times and run ids aside.

    Attributes:
        shown: Hash of everything readers see.
        scores: Hash of scores, points and reasons.
        batches: Every landed batch with its state and content.
        tables: Content of every table and night in the warehouse.
        raw_files: How many raw files lie on the disk.
        quarantined: How many rows are in quarantine.
    """

    shown: str
    scores: str
    batches: list[str]
    tables: list[str]
    raw_files: int
    quarantined: int

    def differences(self, other: Content) -> list[str]:
        """Names of what is not equal."""
        return [name for name in vars(self) if getattr(self, name) != getattr(other, name)]


def read_content(settings: Settings) -> Content:
    """What a deployment holds now.

    Raises:
        LookupError: Nothing is published.
    """
    publication = read_published(settings)
    if publication is None:
        raise LookupError("nothing is published")
    with open_warehouse(settings) as connection:
        batches = connection.execute(
            "select feed || ' ' || dt || ' ' || state || ' ' || coalesce(content_hash, '')"
            " from ops.batches order by all"
        ).fetchall()
        tables = connection.execute(
            "select table_name || ' ' || as_of_date || ' ' || known_on || ' ' || content_hash"
            # Who consents is noted by each publication, whatever its nights.
            " from ops.table_contents where table_name <> 'published.consented_users' order by all"
        ).fetchall()
        ((quarantined,),) = connection.execute("select count(*) from quality.quarantine").fetchall()
    return Content(
        publication.content_hash,
        published_content_hash(settings),
        [text for (text,) in batches],
        [text for (text,) in tables],
        len(list(settings.raw.rglob("*.parquet"))),
        quarantined,
    )


def find_torn(settings: Settings, allowed: set[str]) -> list[str]:
    """What is wrong with what readers see, at any moment.

    Args:
        settings: The deployment.
        allowed: Hashes of the generations that may be shown.
    """
    try:
        publication = read_published(settings)
    except CreditloopError as error:
        return [f"does not open: {error}"]
    if publication is None:
        return ["nothing is published"]
    file = published_file(settings).resolve()
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(_WHOLE).fetchall()
    torn = [] if found == _EXPECTED else [f"not one whole generation: {found}"]
    if publication.content_hash not in allowed:
        torn.append("shows what nobody published")
    return torn


def find_leftovers(settings: Settings) -> list[str]:
    """Files that a killed run left and the repeated one did not clear away.

    What no generation names stays for the readers' grace: night files, and whole generations that
    nobody saw. Anything else is a leftover.
    """
    with open_warehouse(settings) as connection:
        raw = {
            name for (name,) in connection.execute("select raw_file from ops.batches").fetchall()
        }
    unnamed = [
        path
        for path in settings.raw.rglob("*")
        if path.is_file() and str(path.relative_to(settings.raw)) not in raw
    ]
    hidden = [path for path in settings.published.rglob(".*") if path.is_file()]
    return sorted({_name(settings, path) for path in [*unnamed, *hidden, *_strangers(settings)]})


def _strangers(settings: Settings) -> list[Path]:
    """Files beside the stores and the generations that have no business there."""
    stores = {"creditloop.duckdb", "writer.lock", "writer.json"}
    beside = [path for path in settings.warehouse_file.parent.iterdir() if path.is_file()]
    generations = settings.published / GENERATIONS_FOLDER
    return [path for path in beside if path.name not in stores] + [
        path for path in generations.iterdir() if path.suffix != ".duckdb"
    ]


def _name(settings: Settings, path: Path) -> str:
    return str(path.relative_to(settings.root))
