"""One night that meets every fault of the machine, and ends like an undisturbed one."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from benchmarks.worlds import World, make_world, run_nights
from scoring.doctor import examine
from scoring.errors import ConfigurationError, CreditloopError, PermanentError, TransientError
from scoring.nights import make_night, run_step
from scoring.publish.published import published_content_hash
from tests.faults.disks import filled, read_only, small_disk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Forty days of history, the first night published."""
    home = tmp_path_factory.mktemp("faults") / "world"
    world = make_world(home, users=40, history_days=40, nights=2)
    run_nights(world, world.night_dates[:1])
    return world


@pytest.fixture(scope="module")
def undisturbed_hash(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What readers see after a second night without any fault."""
    home = tmp_path_factory.mktemp("undisturbed") / "world"
    shutil.copytree(world.home, home, symlinks=True)
    copy = replace(world, home=home)
    run_nights(copy, copy.night_dates[1:])
    return published_content_hash(copy.settings)


class Faulty:
    """A deployment on a small disk, with its first night published."""

    def __init__(self, world: World, disk: Path) -> None:
        self.disk = disk
        self.world = replace(world, home=disk / "home")
        shutil.copytree(world.home, self.world.home, symlinks=True)
        self.settings = self.world.settings
        self.night = make_night(world.night_dates[1])

    def step(self, name: str) -> None:
        run_step(self.settings, name, self.night)

    @contextmanager
    def stops(self, kind: type[CreditloopError], message: str) -> Iterator[None]:
        """The block ends with just this error, and readers see what they saw before."""
        with pytest.raises(kind, match=message) as caught:
            yield
        assert type(caught.value) is kind
        assert caught.value.next_step
        self.shows_first_night()

    def shows_first_night(self) -> None:
        file = self.settings.published / "creditloop.duckdb"
        with duckdb.connect(str(file), read_only=True) as connection:
            rows = connection.execute(
                "select (select generation from publication), count(*) > 20 from scores"
            ).fetchall()
        assert rows == [(1, True)]


def test_night_of_faults_ends_like_an_undisturbed_one(
    world: World, undisturbed_hash: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "200m") as disk:
        faulty = Faulty(world, disk)
        vanished_landing(faulty)
        damaged_warehouse(faulty)
        read_only_disk(faulty)
        full_disk(faulty, "ingest", room=0)
        faulty.step("ingest")
        terminated_build(faulty)
        full_disk(faulty, "build_marts", room=1_000_000)
        faulty.step("check_landing")
        faulty.step("build_marts")
        full_disk(faulty, "check_marts", room=0)
        faulty.step("check_marts")
        full_disk(faulty, "score", room=0)
        faulty.step("score")
        faulty.step("check_scores")
        full_disk(faulty, "publish", room=0)
        full_disk(faulty, "publish", room=40_000)
        faulty.step("publish")
        assert published_content_hash(faulty.settings) == undisturbed_hash
    assert "Traceback" not in "".join(capfd.readouterr())


def vanished_landing(faulty: Faulty) -> None:
    landing = faulty.settings.landing
    aside = landing.with_name("elsewhere")
    landing.rename(aside)
    message = "landing folder not read for .*/landing: expected the folders of the 10 feeds"
    with faulty.stops(TransientError, f"{message} .* got no folder. Mount it again"):
        faulty.step("ingest")
    landing.mkdir()  # the mount point of what is not mounted
    with faulty.stops(TransientError, f"{message} .* got an empty folder"):
        faulty.step("ingest")
    landing.rmdir()
    aside.rename(landing)


def damaged_warehouse(faulty: Faulty) -> None:
    file = faulty.settings.warehouse_file
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes(content[:middle])
    with faulty.stops(PermanentError, "warehouse not opened .* move it and its .wal away"):
        faulty.step("ingest")
    for start in range(12_288, len(content), 262_144):
        content = content[: start + 512] + bytes(64) + content[start + 576 :]
    file.write_bytes(content)
    with faulty.stops(PermanentError, "expected a readable DuckDB file, got one that is damaged"):
        faulty.step("ingest")
    (finding,) = (
        each for each in examine(faulty.settings, read_files=True) if each.subject == "stored files"
    )
    assert finding.detail.startswith("damaged: warehouse/creditloop.duckdb;")
    file.unlink()


def read_only_disk(faulty: Faulty) -> None:
    with read_only(faulty.disk):
        message = "file not used for .*: expected a path .* got Read-only file system"
        with faulty.stops(ConfigurationError, message):
            faulty.step("ingest")


def full_disk(faulty: Faulty, step: str, *, room: int) -> None:
    with (
        filled(faulty.disk, room),
        faulty.stops(TransientError, "got No space left on device. Make room or wait"),
    ):
        faulty.step(step)


def terminated_build(faulty: Faulty) -> None:
    """SIGTERM once dbt has begun to write."""
    log = faulty.settings.root / "warehouse" / "dbt" / "dbt.log"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "scoring.cli.main", "build", "--date"]
    with subprocess.Popen(
        [*command, str(faulty.night.as_of_date)],
        env=faulty.world.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (log.exists() and " START " in log.read_text(encoding="utf-8")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said == ("", "creditloop: terminated; the same command continues where it stopped.\n")
    faulty.shows_first_night()


def test_two_nights_at_once_take_turns_and_end_like_one(
    world: World, undisturbed_hash: str, tmp_path: Path
) -> None:
    home = tmp_path / "world"
    shutil.copytree(world.home, home, symlinks=True)
    copy = replace(world, home=home)
    command = [sys.executable, "-m", "scoring.cli.main", "nightly", "--date"]
    nights = [
        subprocess.Popen(
            [*command, str(copy.night_dates[1])],
            env=copy.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [night.communicate(timeout=300)[0] for night in nights]
    assert [night.returncode for night in nights] == [0, 0], said
    assert published_content_hash(copy.settings) == undisturbed_hash
    file = copy.settings.published / "creditloop.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        shown = connection.execute("select generation from publication").fetchall()
    assert shown == [(2,)]  # the second night found nothing new to publish
