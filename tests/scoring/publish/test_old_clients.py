"""The published file in the hands of DuckDB 1.x, installed for this test only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from scoring.publish.published import published_file
from tests.scoring.publish.handmade import FIRST, SECOND, UNSCORED, Handmade, Scored

VERSIONS = ["==1.1.3", "<2"]

# Runs in the old client: counts, and a checksum that does not depend on the version's functions.
CLIENT = """
import hashlib, json, sys
import duckdb
path, names = sys.argv[1], json.loads(sys.argv[2])
result = {"version": duckdb.__version__}
direct = duckdb.connect(path, read_only=True)
attached = duckdb.connect()
for name in names:
    rows = sorted(map(repr, direct.execute(f"select * from {name}").fetchall()))
    result[name] = [len(rows), hashlib.sha256("\\n".join(rows).encode()).hexdigest()]
direct.close()
attached.execute(f"attach '{path}' as bank (read_only)")
result["attached"] = {
    name: attached.execute(f"select count(*) from bank.{name}").fetchone()[0] for name in names
}
print(json.dumps(result))
"""


@cache
def install(requirement: str, folder: Path) -> str | None:
    """Install one DuckDB into a folder; the reason if that cannot be done."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
            *("--only-binary", ":all:", "--disable-pip-version-check", "--retries", "1"),
            *("--timeout", "15", "--target", str(folder), f"duckdb{requirement}"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, list[str]], list[str]]:
    folder = tmp_path_factory.mktemp("old_clients")

    def make(requirement: str, arguments: list[str]) -> list[str]:
        home = folder / requirement.strip("=<")
        reason = install(requirement, home)
        if reason is not None:
            pytest.skip(f"duckdb{requirement} cannot be installed here: {reason}")
        return [sys.executable, "-c", CLIENT, *arguments, str(home)]

    return make


@pytest.mark.slow
@pytest.mark.parametrize("requirement", VERSIONS)
def test_duckdb_1_client_reads_every_table_and_view(
    handmade: Handmade,
    client: Callable[[str, list[str]], list[str]],
    requirement: str,
) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, {1: Scored(610), 2: UNSCORED, 3: Scored(640)})
    handmade.publish(SECOND, {1: Scored(620, 5), 2: Scored(630), 3: Scored(640)})
    handmade.publish(FIRST, {1: Scored(611), 2: UNSCORED}, known_on=SECOND)
    names = [
        str(name)
        for (name,) in handmade.ask(
            "select table_name from information_schema.tables order by table_name"
        )
    ]
    assert {"scores", "scores_history", "score_points", "features_latest"} <= set(names)
    path = str(published_file(handmade.settings))
    command = client(requirement, [path, json.dumps(names)])
    *arguments, folder = command
    answers = []
    for environment in ({"PYTHONPATH": folder}, {}):
        done = subprocess.run(
            arguments, check=False, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout))
    old, new = answers
    assert old.pop("version").startswith("1.")
    assert new.pop("version").startswith("2.")
    assert old == new
    assert old["scores_history"][0] == old["attached"]["scores_history"] == 6
