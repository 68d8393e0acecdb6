"""``creditloop doctor``: what a deployment needs, checked without changing anything."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.cards.report_seal import read_report_seal
from scoring.engines.spark_session import check_requirements
from scoring.errors import CreditloopError, TransientError
from scoring.landing.identity import lookup_user_key
from scoring.publish.sinks import read_elsewhere
from scoring.releases.card_files import load_released, read_report
from scoring.releases.overview import has_ledger, next_night
from scoring.releases.store import FOUNDING_CARD, read_ledger
from scoring.settings import PROJECT_ROOT, Settings
from scoring.warehouse.damage import find_damaged
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import SCHEMA_VERSION, duckdb_config, read_schema_version

MINIMUM_FREE_BYTES = 2 * 1024**3
LOCK_WAIT_SECONDS = 1.0
PACKAGES = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pyarrow")


@dataclass(frozen=True)
class Finding:
    """Outcome of one check."""

    subject: str
    is_ok: bool
    detail: str

    def to_dict(self) -> dict[str, object]:
        """The finding for JSON."""
        return asdict(self)


def examine(settings: Settings, *, read_files: bool = False) -> list[Finding]:
    """Run every check; a check that raises counts as failed.

    Args:
        settings: The deployment.
        read_files: Read every stored file whole, too; under the writer lock, so a night waits.
    """
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("python", lambda _: sys.version.split()[0]),
        ("packages", _packages),
        ("dbt project", _dbt_project),
        ("engine", _engine),
        ("home folder", _home),
        ("free disk", _disk),
        ("identity key", _identity_key),
        ("warehouse", _warehouse),
        *([("stored files", _stored_files)] if read_files else []),
        ("cards", _cards),
        ("publication", _publication),
        ("other sinks", _other_sinks),
    ]
    findings = []
    for subject, check in checks:
        try:
            findings.append(Finding(subject, is_ok=True, detail=check(settings)))
        except (CreditloopError, OSError, ValueError, PackageNotFoundError) as error:
            findings.append(Finding(subject, is_ok=False, detail=str(error)))
    return findings


def _packages(_: Settings) -> str:
    return ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def _dbt_project(_: Settings) -> str:
    project = PROJECT_ROOT / "dbt_project" / "dbt_project.yml"
    if not project.is_file():
        raise ValueError(f"no {project}; install the project whole, or run from a clone")
    return "found"


def _engine(settings: Settings) -> str:
    if settings.engine == "spark":
        check_requirements()
    return settings.engine


def _home(settings: Settings) -> str:
    folder = _existing_part(settings.root)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ValueError(f"{folder} is no writable folder; set CREDITLOOP_HOME to one that is")
    return str(settings.root)


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(_existing_part(settings.root)).free
    if free < MINIMUM_FREE_BYTES:
        raise ValueError(f"{free / 1024**3:.1f} GiB free; at least 2 GiB are needed")
    return f"{free / 1024**3:.0f} GiB"


def _identity_key(settings: Settings) -> str:
    if settings.identity_key is None:
        raise ValueError("CREDITLOOP_IDENTITY_KEY is not set; ingest needs it")
    try:
        lookup_user_key(
            settings, ""
        )  # whoever is asked for: another key than the vault's is refused
    except TransientError:
        return "set; the vault is in use, so it was not compared"
    return "set, the vault's own" if settings.vault_file.exists() else "set"


def _existing_part(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _warehouse(settings: Settings) -> str:
    if not settings.warehouse_file.exists():
        return "none yet; the first run makes it"
    try:
        with writer_lock(settings.model_copy(update={"lock_timeout_seconds": LOCK_WAIT_SECONDS})):
            found = read_schema_version(settings)
    except TransientError as error:
        return f"in use, not looked into ({error.got})"
    if found > SCHEMA_VERSION:
        raise ValueError(f"schema version {found} is newer than this code ({SCHEMA_VERSION})")
    if found < SCHEMA_VERSION:
        return f"schema version {found}; `creditloop upgrade` or the next run brings it to date"
    return f"schema version {found}"


def _stored_files(settings: Settings) -> str:
    """Every block of every store matches its checksum."""
    if not settings.warehouse_file.parent.is_dir():  # to take the lock would make it
        return "none yet"
    try:
        with writer_lock(settings.model_copy(update={"lock_timeout_seconds": LOCK_WAIT_SECONDS})):
            damaged, count = find_damaged(settings)
    except TransientError as error:
        return f"in use, not looked into ({error.got})"
    if damaged:
        raise ValueError(f"damaged: {', '.join(damaged)}; docs/faults.md says how to mend them")
    return f"{count} read, all whole"


def _cards(settings: Settings) -> str:
    """Champion and challengers are what was released, and every champion has its report."""
    if not settings.warehouse_file.exists():
        card = load_card(CARDS_FOLDER / f"{FOUNDING_CARD}.json", read_catalog_seed())
        read_report_seal(card, CARDS_FOLDER)
        return f"{FOUNDING_CARD} will be champion"
    try:
        with writer_lock(settings.model_copy(update={"lock_timeout_seconds": LOCK_WAIT_SECONDS})):
            connection = duckdb.connect(
                str(settings.warehouse_file), read_only=True, config=duckdb_config(settings)
            )
            try:
                if not has_ledger(connection):
                    return "no ledger of releases yet; the next run makes it"
                ledger, day = read_ledger(connection), next_night(connection)
            finally:
                connection.close()
    except (TransientError, duckdb.Error) as error:
        return f"not looked into ({type(error).__name__})"
    champions, challengers = ledger.champions_from(day), ledger.in_state("challenger", day)
    for release in champions:
        read_report(settings, load_released(settings, release, read_catalog_seed()))
    for release in challengers:
        load_released(settings, release, read_catalog_seed())
    in_shadow = ", ".join(release.card_id for release in challengers) or "none"
    return f"champion {ledger.champion(day).card_id}, challengers {in_shadow}"


def _publication(settings: Settings) -> str:
    file = settings.published / "creditloop.duckdb"
    if not file.exists():
        return "none yet"
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            row = connection.execute("select generation, as_of_date from publication").fetchone()
    except duckdb.Error as error:
        raise ValueError(f"{file.name} cannot be read ({type(error).__name__})") from error
    if row is None:
        raise ValueError(f"{file.name} holds no publication row; publish the night again")
    return f"generation {row[0]}, night {row[1]}"


def _other_sinks(settings: Settings) -> str:
    shown = read_elsewhere(settings)
    said = [f"{sink} shows generation {number or 'none'}" for sink, number in shown.items()]
    return ", ".join(said) or "none set"
