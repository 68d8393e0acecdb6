"""PostgreSQL down, full or refusing, or a run killed: yesterday stands, a re-run ends right."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError, TransientError
from scoring.nights import Night
from scoring.publish.postgres.connection import open_postgres, run
from scoring.publish.step import publish_night
from scoring.settings import PROJECT_ROOT, load_settings
from scoring.status import read_status
from tests.conftest import TEST_KEY
from tests.postgres_server import PASSWORD, PostgresServer
from tests.scoring.publish.handmade import FIRST, SECOND, Scored
from tests.scoring.publish.in_postgres import InPostgres, empty_database

SMALL_BYTES = 24 * 1024**2
GENERATION = "select generation from publication"
NIGHT = {1: Scored(610), 2: Scored(550, -5)}


@pytest.fixture
def ready(in_postgres: InPostgres) -> tuple[InPostgres, Night]:
    """The first night is published, the second ready to be."""
    in_postgres.handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    return in_postgres, in_postgres.handmade.add_night(SECOND, NIGHT)


def require_yesterday(in_postgres: InPostgres) -> None:
    """Both sinks show the first generation, and no file of a second one is left."""
    in_postgres.require_equal_sinks()
    assert in_postgres.ask(GENERATION) == in_postgres.handmade.ask(GENERATION) == [(1,)]
    generations = in_postgres.settings.published / "generations"
    assert [path.name for path in generations.iterdir()] == ["000001.duckdb"]


def require_both_nights(in_postgres: InPostgres) -> None:
    in_postgres.require_equal_sinks()
    assert in_postgres.ask("select night_count, newest_as_of_date from publication") == [
        (2, SECOND)
    ]


def test_server_that_is_down_stops_the_publication(ready: tuple[InPostgres, Night]) -> None:
    deployment, night = ready
    deployment.server.stop()
    try:
        message = (
            "PostgreSQL not written for CREDITLOOP_POSTGRES_DSN: expected a server that takes it, "
            "got no answer, or a lost connection. Put it right or wait, and repeat the command; "
            "what is published stands."
        )
        with pytest.raises(TransientError, match=re.escape(message)):
            publish_night(deployment.settings, night)
        status = read_status(deployment.settings)
        assert status.sinks["PostgreSQL"] is None
        assert status.sinks["creditloop.duckdb"] == 1
        assert not status.sinks_agree
        assert any("PostgreSQL not written" in problem for problem in status.problems)
    finally:
        deployment.server.start()
    require_yesterday(deployment)
    publish_night(deployment.settings, night)
    require_both_nights(deployment)
    assert read_status(deployment.settings).sinks_agree


@pytest.mark.parametrize(
    ("dsn", "kind", "got"),
    [
        ("host={folder} dbname={database} user=creditloop_writer password='no {password}'",
         TransientError, "a refused login"),
        ("host={folder} dbname=no_such_database user=creditloop_writer password='{password}'",
         TransientError, "no such role or database"),
        ("postgresql://creditloop_writer:{password}@[", ConfigurationError, "another text"),
    ],
)  # fmt: skip
def test_message_of_a_wrong_dsn_holds_no_secret(
    ready: tuple[InPostgres, Night],
    caplog: pytest.LogCaptureFixture,
    dsn: str,
    kind: type[Exception],
    got: str,
) -> None:
    deployment, night = ready
    text = dsn.format(
        folder=deployment.server.local.socket, database=deployment.database, password=PASSWORD
    )
    settings = load_settings(
        home=deployment.settings.home, identity_key=TEST_KEY, postgres_dsn=text
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(kind, match=got) as raised:
        publish_night(settings, night)
    shown = [str(raised.value), caplog.text, read_status(settings).render(), repr(settings)]
    assert not [part for part in shown if PASSWORD in part or "creditloop_writer" in part]
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    require_yesterday(deployment)


def wait_for_writer(deployment: InPostgres) -> None:
    """Until the publication waits for a lock."""
    waiting = (
        "select count(*) from pg_stat_activity where application_name = 'creditloop' "
        f"and datname = '{deployment.database}' and wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 60
    while deployment.admin(waiting) != [(1,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_connection_that_is_ended_in_the_middle(ready: tuple[InPostgres, Night]) -> None:
    deployment, night = ready
    failures: list[TransientError] = []

    def publish() -> None:
        try:
            publish_night(deployment.settings, night)
        except TransientError as error:
            failures.append(error)

    with deployment.server.connect(deployment.database) as admin, admin.transaction():
        # the files are copied, and the list of the generation waits
        admin.execute("lock table creditloop_store.generations in share mode")
        thread = threading.Thread(target=publish)
        thread.start()
        wait_for_writer(deployment)
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'creditloop' and datname = current_database()"
        )
        thread.join()
    assert [error.got for error in failures] == ["a server that ended the connection"]
    require_yesterday(deployment)
    publish_night(deployment.settings, night)
    require_both_nights(deployment)


@pytest.fixture
def small_disk(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Path]:
    """A disk of 24 MB that a table space can be put on."""
    place = postgres_server.folder / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_BYTES}", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip("a small disk can only be mounted by root")
    postgres_server.local.own(place)
    yield place
    with postgres_server.connect() as admin:
        admin.execute("checkpoint")
    subprocess.run(["umount", "--lazy", str(place)], check=True)
    place.rmdir()


def test_full_disk_of_the_server(in_postgres: InPostgres, small_disk: Path) -> None:
    space = small_disk / "space"
    space.mkdir()
    in_postgres.server.local.own(space)
    in_postgres.admin(f"create tablespace small location '{space}'")
    in_postgres.admin("grant create on tablespace small to creditloop_writer")
    in_postgres.admin("alter role creditloop_writer set default_tablespace = small")
    try:
        in_postgres.handmade.publish(FIRST, {1: Scored(), 2: Scored()})
        night = in_postgres.handmade.add_night(SECOND, NIGHT)
        with pytest.raises(OSError, match="No space"):
            (small_disk / "other").write_bytes(bytes(SMALL_BYTES))
        with pytest.raises(TransientError, match="got no room on the server's disk"):
            publish_night(in_postgres.settings, night)
        require_yesterday(in_postgres)
        (small_disk / "other").unlink()
        publish_night(in_postgres.settings, night)
        require_both_nights(in_postgres)
    finally:
        in_postgres.admin("alter role creditloop_writer reset default_tablespace")
        empty_database(in_postgres.server, in_postgres.database)
        in_postgres.admin("drop tablespace small")


def test_file_that_cannot_switch_takes_postgres_back(
    ready: tuple[InPostgres, Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment, night = ready

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("scoring.publish.registry.point_to", refuse)
        with pytest.raises(OSError, match="No space"):
            publish_night(deployment.settings, night)
    assert deployment.ask(GENERATION) == deployment.handmade.ask(GENERATION) == [(1,)]
    publish_night(deployment.settings, night)
    require_both_nights(deployment)
    assert deployment.ask(GENERATION) == [(3,)]  # 2 was seen, so no other may be called so


MOMENTS = [
    ("before", "scoring.publish.postgres.sink.load_nights", 1),
    ("before", "scoring.publish.postgres.nights.require_count", 1),
    ("after", "scoring.publish.postgres.sink.load_nights", 1),
    ("after", "scoring.publish.postgres.sink.load_generation", 1),
    ("after", "scoring.publish.postgres.sink.switch", 2),
    ("after", "scoring.publish.step.switch_all", 2),
    ("before", "scoring.publish.step.sweep_elsewhere", 2),
]


@pytest.fixture(scope="module")
def killer() -> Iterator[subprocess.Popen[str]]:
    """Publishes in processes of their own that die at a named moment."""
    environment = {
        **{name: value for name, value in os.environ.items() if "CREDITLOOP" not in name},
        "CREDITLOOP_IDENTITY_KEY": TEST_KEY,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.scoring.publish.kill_at"],
        cwd=PROJECT_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize(("when", "function", "shown"), MOMENTS)
def test_killed_publication_ends_right(
    ready: tuple[InPostgres, Night],
    killer: subprocess.Popen[str],
    when: str,
    function: str,
    shown: int,
) -> None:
    deployment, night = ready
    assert killer.stdin is not None
    assert killer.stdout is not None
    order = [str(deployment.settings.root), str(SECOND), when, function, "night"]
    dsn = deployment.server.dsn(deployment.database)
    killer.stdin.write(json.dumps([*order, dsn]) + "\n")
    killer.stdin.flush()
    assert killer.stdout.readline() == f"{-signal.SIGKILL}\n"
    # readers see one whole generation at any moment
    assert deployment.ask("select generation, night_count from publication") == [(shown, shown)]
    assert deployment.ask("select count(distinct as_of_date) from scores") == [(shown,)]
    publish_night(deployment.settings, night)
    require_both_nights(deployment)
    assert deployment.ask(GENERATION) == deployment.handmade.ask(GENERATION)
    # nothing of the killed run is left
    with open_postgres(deployment.settings) as pg:
        rows = run(pg, "select generation from creditloop_store.generations order by 1").fetchall()
    states = deployment.handmade.ops("select generation from ops.generations order by 1")
    assert rows == states
    assert deployment.admin("select count(*) from creditloop_store.files") == [(8,)]
