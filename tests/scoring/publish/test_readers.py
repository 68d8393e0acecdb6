from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.resilience.soak import Publisher, find_faults, start_reader
from scoring.publish.published import published_file
from scoring.settings import PROJECT_ROOT, Settings
from tests.scoring.publish.handmade import FIRST, Handmade, Scored

PUBLICATIONS = 12


def test_reader_in_a_loop_sees_whole_generations_only(handmade: Handmade, tmp_path: Path) -> None:
    def publish(number: int) -> None:
        scored = Scored(500 + number)
        handmade.publish(FIRST + timedelta(days=number), {1: scored, 2: scored})

    publish(1)
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.scoring.publish.read_loop"),
            *(str(published_file(handmade.settings)), str(stop)),
        ],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for number in range(2, PUBLICATIONS + 1):
            publish(number)
    finally:
        stop.touch()
        output, _ = reader.communicate(timeout=60)
    seen = json.loads(output)
    assert seen["errors"] == []
    assert seen["mixtures"] == []
    assert seen["queries"] >= PUBLICATIONS
    assert seen["generations"][-1] == PUBLICATIONS
    assert len(seen["generations"]) >= PUBLICATIONS // 2


def test_open_reader_keeps_its_generation(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    with duckdb.connect(str(published_file(handmade.settings)), read_only=True) as reader:
        handmade.publish(FIRST + timedelta(days=1), {1: Scored(620)})
        handmade.publish(FIRST + timedelta(days=2), {1: Scored(630)})
        assert reader.execute("select generation from publication").fetchall() == [(1,)]
        assert reader.execute("select score from scores").fetchall() == [(610,)]
        # another connection of this process is not misled by the one that is open
        assert handmade.ask("select generation from publication") == [(3,)]
        # the writer is not misled by what this process holds open
        assert handmade.ops("select max(generation) from ops.generations") == [(3,)]
    assert handmade.ask("select generation from publication") == [(3,)]


def test_reader_that_forgets_read_only_is_refused(handmade: Handmade, tmp_path: Path) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    for folder in (tmp_path, *tmp_path.parents):  # somebody else must get as far as the file
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o055)
    stop = tmp_path / "stop"
    reader = start_reader("writable", str(published_file(handmade.settings)), stop)
    time.sleep(2)
    handmade.publish(FIRST + timedelta(days=1), {1: Scored(620)})
    stop.touch()
    told = reader.told()
    assert told["answers"] == []
    assert told["errors"]
    assert all("Permission denied" in text for text in told["errors"]), told["errors"]
    assert handmade.ask("select generation from publication") == [(2,)]


TOLD = {"answers": [[2, "601 601", "2025-01-30 601 601", 2, 9]], "errors": {}}
MIXED = {"answers": [[2, "601 601", "2025-01-30 600 600", 2, 9]], "errors": {}}


@pytest.mark.parametrize(
    ("kind", "told", "fault"),
    [
        ("afresh", MIXED, "mixed generations"),
        (
            "afresh",
            {"answers": [[1, "600 600", "2025-01-30 600 600", 2, 9]], "errors": {}},
            "later",
        ),
        ("afresh", TOLD | {"errors": {"IOException: gone": 1}}, "1 times IOException: gone"),
        ("afresh", {"answers": [], "errors": {}}, "got no answer"),
        ("pooled", {"answers": TOLD["answers"] * 2, "errors": {}}, "the pool saw 2 generations"),
        ("writable", {"answers": [], "errors": {}}, "was never refused"),
        ("writable", TOLD | {"errors": {"Permission denied": 1}}, "was let in"),
        ("writable", {"answers": [], "errors": {"out of memory": 1}}, "out of memory"),
        ("postgres", {"answers": [[*TOLD["answers"][0][:4], 1, 9]], "errors": {}}, "two gener"),
    ],
)
def test_soak_finds_what_a_reader_must_not_see(kind: str, told: dict[str, Any], fault: str) -> None:
    night = date(2025, 1, 30)
    publisher = Publisher(Settings(), [night], 600, {1: {night: 0}, 2: {night: 1}}, 2)
    assert find_faults("afresh", TOLD, publisher.answers()) == []
    (found,) = find_faults(kind, told, publisher.answers())
    assert fault in found


def test_published_file_opens_from_another_working_directory_and_name(
    handmade: Handmade, tmp_path: Path
) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    with duckdb.connect() as client:
        client.execute(f"attach '{published_file(handmade.settings)}' as bank (read_only)")
        assert client.execute("select score from bank.scores").fetchall() == [(610,)]
