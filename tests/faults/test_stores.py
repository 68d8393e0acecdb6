"""Damaged files and too little memory: named, and mended by what the message says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scoring.doctor import Finding, examine
from scoring.errors import ConfigurationError, PermanentError, TransientError
from scoring.landing import reading
from scoring.landing.ingest import load_range
from scoring.publish.published import published_content_hash
from scoring.publish.rollback import rollback
from scoring.publish.step import publish_night
from scoring.settings import Settings, load_settings
from tests.conftest import TEST_KEY
from tests.scoring.landing.conftest import DAY, USERS, Bench, transactions
from tests.scoring.publish.handmade import FIRST, SECOND, Handmade, Scored

FIRST_SCORES = {key: Scored(600 + key) for key in range(1, 41)}
SECOND_SCORES = {1: Scored(610), 2: Scored(550, -5)}


def stored_files(settings: Settings) -> Finding:
    (finding,) = (
        each for each in examine(settings, read_files=True) if each.subject == "stored files"
    )
    return finding


def scratch(path: Path, *, start: int, length: int = 200) -> None:
    """Overwrite a stretch of a file that readers may not write."""
    content = path.resolve().read_bytes()
    path.resolve().chmod(0o644)
    path.resolve().write_bytes(content[:start] + bytes(length) + content[start + length :])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Handmade:
    """Two published nights; what is published knows where it lies, so every test is there."""
    handmade = Handmade(load_settings(home=tmp_path_factory.mktemp("stores") / "home"))
    handmade.land_users(FIRST, list(FIRST_SCORES))
    handmade.publish(FIRST, FIRST_SCORES)
    handmade.publish(SECOND, SECOND_SCORES)
    home = handmade.settings.root
    shutil.copytree(home, home.with_name("kept"), symlinks=True)
    return handmade


@pytest.fixture
def two_nights(prepared: Handmade) -> Handmade:
    home = prepared.settings.root
    shutil.rmtree(home)
    shutil.copytree(home.with_name("kept"), home, symlinks=True)
    return prepared


def test_damaged_night_file_is_named_and_written_again_by_its_publication(
    two_nights: Handmade,
) -> None:
    settings = two_nights.settings
    before = published_content_hash(settings)
    for file in settings.published.glob(f"*/as_of_date={FIRST}/*/*.parquet"):
        scratch(file, start=4, length=file.stat().st_size - 200)
    assert "damaged: published/" in stored_files(settings).detail
    assert two_nights.ask("select count(*) from scores_latest") == [(len(FIRST_SCORES),)]

    publish_night(settings, two_nights.add_night(FIRST, FIRST_SCORES))
    assert stored_files(settings).is_ok
    assert published_content_hash(settings) == before


def test_vanished_night_file_is_written_again_by_its_publication(two_nights: Handmade) -> None:
    before = published_content_hash(two_nights.settings)
    for file in two_nights.settings.published.glob(f"*/as_of_date={SECOND}/*/*.parquet"):
        file.unlink()
    publish_night(two_nights.settings, two_nights.add_night(SECOND, SECOND_SCORES))
    assert published_content_hash(two_nights.settings) == before


def test_damaged_block_of_the_published_file_is_mended_by_a_rollback(two_nights: Handmade) -> None:
    settings = two_nights.settings
    before = published_content_hash(settings)
    file = settings.published / "creditloop.duckdb"
    scratch(file, start=12_288, length=file.stat().st_size - 12_288)
    assert "damaged: published/generations/000002.duckdb" in stored_files(settings).detail
    night = two_nights.add_night(SECOND, SECOND_SCORES)
    with pytest.raises(PermanentError, match=r"published file not read .* `creditloop rollback`"):
        publish_night(settings, night)

    rollback(settings)
    assert two_nights.ask("select count(*) from scores") == [(len(FIRST_SCORES),)]
    publish_night(settings, night)
    assert published_content_hash(settings) == before


@pytest.mark.parametrize("keep", [1, 12_288])
def test_truncated_vault_stops_ingest_and_a_copy_mends_it(bench: Bench, keep: int) -> None:
    bench.land_users()
    bench.ingest()
    content = bench.settings.vault_file.read_bytes()
    bench.settings.vault_file.write_bytes(content[:keep])
    bench.land("transactions", transactions("T1,U1,2025-01-06,1"))
    with pytest.raises(PermanentError, match=r"vault not opened .* Restore vault/ from a backup"):
        bench.ingest()
    assert "damaged: vault/identity.duckdb" in stored_files(bench.settings).detail
    bench.settings.vault_file.write_bytes(content)
    bench.ingest()
    assert len(bench.raw("transactions")) == 1


def test_damaged_raw_file_is_named_and_once_deleted_written_again(bench: Bench) -> None:
    bench.land_users()
    bench.ingest()
    bench.publish(DAY)  # sealed: what it holds must not change any more
    before = bench.raw("users")
    file = bench.settings.raw / bench.raw_files()[0]
    scratch(file, start=4, length=file.stat().st_size - 8)
    assert f"damaged: warehouse/raw/{bench.raw_files()[0]}" in stored_files(bench.settings).detail
    file.unlink()
    bench.ingest()
    assert stored_files(bench.settings).is_ok
    assert bench.raw("users") == before


def test_too_small_a_memory_limit_is_a_setting_to_raise(bench: Bench, tmp_path: Path) -> None:
    rows = [f"T{number},U{number % 2 + 1},2025-01-06,1" for number in range(30_000)]
    bench.land_users()
    bench.land("transactions", transactions(*rows))
    small = bench.settings.model_copy(update={"memory_limit": "6MB", "threads": 1})
    with pytest.raises(ConfigurationError, match="Raise CREDITLOOP_MEMORY_LIMIT") as caught:
        load_range(small, DAY, DAY)
    assert caught.value.exit_code == 2
    assert bench.state("transactions") is None

    bench.ingest()
    fresh = bench.beside(tmp_path / "fresh")
    fresh.ingest()
    assert bench.content() == fresh.content()


def test_file_that_vanishes_while_it_is_read_is_no_refusal(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.land("users", USERS)
    original = reading.open_files

    def and_then_vanish(*arguments: Any) -> Any:
        opened = list(original(*arguments))
        path.unlink(missing_ok=True)
        return opened

    monkeypatch.setattr(reading, "open_files", and_then_vanish)
    with pytest.raises(TransientError, match=r"landing folder not read for users@2025-01-06: "):
        bench.ingest()
    assert bench.state("users") is None


def test_two_ingests_at_once_end_with_one_content(bench: Bench, tmp_path: Path) -> None:
    for day in ("2025-01-06", "2025-01-07"):
        bench.land("users", USERS, dt=day)
        bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T2,U2,bad,1"), dt=day)
    script = (
        "import sys; from datetime import date; from scoring.settings import load_settings;"
        "from scoring.landing.ingest import ingest_range;"
        f"s = load_settings(home=sys.argv[1], identity_key={TEST_KEY!r}, landing_quiet_seconds=0);"
        "sys.stdin.readline();"
        "ingest_range(s, date(2025, 1, 6), date(2025, 1, 7), run_id='two')"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(bench.settings.root)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    errors = [run.communicate("go\n", timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], errors
    fresh = bench.beside(tmp_path / "fresh")
    fresh.ingest(date(2025, 1, 6), date(2025, 1, 7))
    assert bench.content() == fresh.content()
    assert bench.raw_files() == fresh.raw_files()
