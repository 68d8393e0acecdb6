"""What is installed is what was resolved: pinned, hashed, and from no address of its own."""

from __future__ import annotations

import re

import pytest

from scoring.settings import PROJECT_ROOT

_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,_-]+\])?==[A-Za-z0-9.+!]+( ; .+)?")


def unsafe_entries(text: str) -> list[str]:
    """Entries of a lock file that are not one pinned version with its hashes."""
    entries = [" ".join(each.split()) for each in text.replace("\\\n", " ").splitlines()]
    found = []
    for entry in (each for each in entries if each and not each.startswith("#")):
        pin, *hashes = entry.split(" --hash=")
        whole = all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
        if not (_PIN.fullmatch(pin) and hashes and whole):
            found.append(pin)
    return found


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-spark.lock"])
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    assert text.count("--hash=sha256:") > 500
    assert "://" not in text
    assert unsafe_entries(text) == []


@pytest.mark.parametrize(
    "entry",
    [
        "duckdb==2.0.0",
        "duckdb>=2.0 --hash=sha256:" + "0" * 64,
        "duckdb==2.0.0 --hash=md5:" + "0" * 32,
        "--index-url https://example.org/simple",
        "git+https://example.org/duckdb --hash=sha256:" + "0" * 64,
    ],
)
def test_unsafe_entry_is_found(entry: str) -> None:
    assert len(unsafe_entries(f"# made by hand\n{entry}\n")) == 1
