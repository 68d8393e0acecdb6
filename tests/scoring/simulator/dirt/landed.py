"""What raw holds of every key, batch by batch, in a clean and in a dirty deployment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.landing.contract import load_feeds
from scoring.simulator.dirt.ledger import LEDGER_SCHEMA
from tests.scoring.simulator.dirt.deployments import Deployment

Key = tuple[str, str]
_MOMENT_OF_LANDING = ("is_deleted", "batch_date", "known_basis", "dt")


@dataclass(frozen=True)
class Version:
    """One raw row: whose it is and what it says."""

    user_key: int | None
    is_deleted: bool
    content: str


Landed = dict[Key, dict[date, Version]]


def read_landed(deployment: Deployment) -> Landed:
    """(feed, key as in the ledger) -> batch -> the row that landed with it."""
    landed: Landed = defaultdict(dict)
    with deployment.connect() as connection:
        for name, feed in load_feeds().items():
            said = ", ".join(each for each in feed.raw_columns if each not in _MOMENT_OF_LANDING)
            rows = connection.execute(
                f"select key_text, dt, user_key, is_deleted, to_json(row({said}))::varchar "
                f"from {deployment.raw(feed)}"
            ).fetchall()
            for key, dt, *version in rows:
                assert dt not in landed[name, key], f"{name} has a key twice in a batch"
                landed[name, key][dt] = Version(*version)
    return landed


def newest_versions(landed: Landed) -> dict[Key, Version]:
    """What is known in the end."""
    newest = {key: versions[max(versions)] for key, versions in landed.items()}
    return {key: version for key, version in newest.items() if not version.is_deleted}


def read_ledger(deployment: Deployment) -> list[dict[str, Any]]:
    """Every row of the ledger."""
    return [
        dict(zip(LEDGER_SCHEMA.names, row, strict=True))
        for row in deployment.query("select * from ledger")
    ]


def unsettled_keys(deployment: Deployment, clean: Landed) -> set[Key]:
    """Keys that are not right by the last day, and those that never will be: ghosts."""
    found = set()
    for fault in read_ledger(deployment):
        arrives, feed = fault["arrives_dt"], fault["feed"]
        if arrives is not None and arrives <= deployment.last:
            continue
        if fault["key"] is not None:
            found.add((feed, fault["key"]))
        else:
            found |= {
                key for key, versions in clean.items() if key[0] == feed and fault["dt"] in versions
            }
    return found
