"""Who may read what does not depend on the umask of whoever started the night."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.pages import docs_folder, write_index
from scoring.landing.ingest import ingest_range
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.scoring.publish.handmade import FIRST, Handmade, Scored


@pytest.fixture(params=[0o000, 0o077], ids=["open", "closed"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def others_may_read(path: Path, root: Path) -> bool:
    """Whether the file, and every folder down to it from ``root``, is open to others."""
    chain = [path, *path.parents]
    folders = chain[1 : chain.index(root) + 1]
    wanted = [(path, stat.S_IROTH), *((folder, stat.S_IXOTH) for folder in folders)]
    return all(place.stat().st_mode & bit for place, bit in wanted)


@pytest.fixture
def deployment(umask: int, tmp_path: Path) -> Settings:
    settings = load_settings(
        home=tmp_path / "home", identity_key=TEST_KEY, landing_quiet_seconds=0, _env_file=None
    )
    handmade = Handmade(settings)
    folder = settings.landing / "users" / f"dt={FIRST}"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("user_id,registered_at\nU1,bad\nU2,\n", encoding="utf-8")
    ingest_range(settings, FIRST, FIRST, run_id="modes", feeds=["users"])
    with open_warehouse(settings) as connection:
        ((key,),) = connection.execute("select user_key from ops.known_users").fetchall()
        write_index(settings, connection)
    handmade.publish(FIRST, {key: Scored()})
    return settings


def test_others_read_what_is_published_and_nothing_else(deployment: Settings) -> None:
    root = deployment.root
    files = {path for path in root.rglob("*") if path.is_file()}
    shared = {deployment.published, docs_folder(deployment)}
    open_to_others = {path for path in files if others_may_read(path, root)}
    meant = {path for path in files if any(path.is_relative_to(each) for each in shared)}
    landed = {path for path in files if path.is_relative_to(deployment.landing)}  # the sender's
    assert len(meant) > 5
    assert open_to_others - landed == meant


def test_nobody_else_may_write_anywhere(deployment: Settings) -> None:
    writable = [
        path
        for path in deployment.root.rglob("*")
        if not path.is_symlink()
        and not path.is_relative_to(deployment.landing)
        and not path.is_relative_to(deployment.warehouse_file.parent / "raw")
        and path.stat().st_mode & stat.S_IWOTH
        and others_may_read(path, deployment.root)
    ]
    assert writable == []


def test_folder_of_an_older_deployment_is_closed(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", _env_file=None)
    folder = settings.warehouse_file.parent
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    with open_warehouse(settings):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
