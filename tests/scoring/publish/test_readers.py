from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb

from scoring.publish.published import published_file
from scoring.settings import PROJECT_ROOT
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
        # the writer is not misled by what this process holds open
        assert handmade.ops("select max(generation) from ops.generations") == [(3,)]
    assert handmade.ask("select generation from publication") == [(3,)]


def test_published_file_opens_from_another_working_directory_and_name(
    handmade: Handmade, tmp_path: Path
) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    with duckdb.connect() as client:
        client.execute(f"attach '{published_file(handmade.settings)}' as bank (read_only)")
        assert client.execute("select score from bank.scores").fetchall() == [(610,)]
