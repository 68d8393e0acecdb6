"""User keys: stable, unique, below 2^53, and tied to one identity key."""

from __future__ import annotations

import stat
import time

import duckdb
import pyarrow as pa
import pytest
from pydantic import SecretStr

from scoring.errors import ConfigurationError, PermanentError
from scoring.landing import identity
from scoring.landing.identity import (
    KEY_BITS,
    assign_user_keys,
    attach_vault,
    derive_user_key,
    key_fingerprint,
    lookup_user_key,
)
from scoring.settings import Settings, load_settings
from tests.conftest import TEST_KEY
from tests.scoring.landing.conftest import Bench

IDS = "select unnest(['A', 'B', 'C']) as user_id"


def assign(settings: Settings, query: str) -> list[tuple[str, int]]:
    """Assign keys and return the whole vault."""
    with duckdb.connect() as connection, attach_vault(connection, settings):
        assign_user_keys(connection, settings, query)
        return connection.execute("from vault.identities order by user_id").fetchall()


def test_key_is_the_start_of_the_hmac() -> None:
    secret = b"k" * 40
    # printf '0:A' | openssl dgst -sha256 -hmac kkkk… (40 times k) begins with these 16 digits.
    assert derive_user_key(secret, "A") == 0x3168610CBD301A47 // 2**11
    assert 0 <= derive_user_key(secret, "A") < 2**KEY_BITS
    assert derive_user_key(secret, "A", 1) != derive_user_key(secret, "A", 0)


def test_keys_are_assigned_once_and_stay(settings: Settings) -> None:
    first = assign(settings, IDS)
    assert [user_id for user_id, _ in first] == ["A", "B", "C"]
    assert len({key for _, key in first}) == 3
    assert assign(settings, f"{IDS} union all select 'D' union all select null")[:3] == first
    assert lookup_user_key(settings, "B") == first[1][1]
    assert lookup_user_key(settings, "nobody") is None


def test_lookup_without_a_vault_finds_nothing(settings: Settings) -> None:
    assert lookup_user_key(settings, "A") is None
    assert not settings.vault_file.exists()


def test_collision_takes_the_next_counter(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Keys 0, 1, 2, … by counter, the same for every user: each one collides with all before it.
    monkeypatch.setattr(identity, "derive_user_key", lambda secret, user_id, counter=0: counter)
    assert assign(settings, IDS) == [("A", 0), ("B", 1), ("C", 2)]
    assert assign(settings, "select 'AA' as user_id")[1] == ("AA", 3)


def test_another_identity_key_is_refused(settings: Settings) -> None:
    assign(settings, IDS)
    other = settings.model_copy(update={"identity_key": SecretStr("z" * 40)})
    message = (
        r"^identity key refused for CREDITLOOP_IDENTITY_KEY: expected the key that the vault was "
        r"made with, got another one\. Restore the key; with another one every user would become a "
        r"new user\.$"
    )
    with pytest.raises(ConfigurationError, match=message) as caught:
        assign(other, IDS)
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigurationError, match="identity key refused"):
        lookup_user_key(other, "A")
    assert len(assign(settings, IDS)) == 3


def test_missing_identity_key_is_named(bench: Bench) -> None:
    keyless = Bench(bench.settings.model_copy(update={"identity_key": None}))
    keyless.land_users()
    message = (
        r"^identity key missing for CREDITLOOP_IDENTITY_KEY: expected a secret of 32 characters or "
        r"more, got none\. Set it \(for example to the output of: openssl rand -hex 32\) and keep "
        r"it safe; user keys depend on it for ever\.$"
    )
    with pytest.raises(ConfigurationError, match=message):
        keyless.ingest()


def test_vault_is_open_to_its_owner_only(settings: Settings) -> None:
    assign(settings, IDS)
    assert stat.S_IMODE(settings.vault_file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(settings.vault_file.stat().st_mode) == 0o600
    assert TEST_KEY.encode() not in settings.vault_file.read_bytes()
    assert key_fingerprint(TEST_KEY.encode()).encode() in settings.vault_file.read_bytes()


def test_vault_that_is_no_database_is_damaged(settings: Settings) -> None:
    settings.vault_file.parent.mkdir(parents=True)
    settings.vault_file.write_bytes(b"no database" * 1000)
    message = r"vault not opened for identity\.duckdb: .*Restore vault/ from a backup"
    with pytest.raises(PermanentError, match=message):
        lookup_user_key(settings, "A")


def test_hundred_thousand_new_users_take_seconds(settings: Settings) -> None:
    connection = duckdb.connect()
    connection.register("ids", pa.table({"user_id": [f"user-{n}" for n in range(100_000)]}))
    started = time.process_time()
    with attach_vault(connection, settings):
        assign_user_keys(connection, settings, "from ids")
    assert time.process_time() - started < 10
    connection.close()


def test_keys_depend_on_nothing_but_key_and_id(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = load_settings(home=tmp_path_factory.mktemp("b"), identity_key=TEST_KEY, _env_file=None)
    assert assign(settings, IDS) == assign(other, "select unnest(['C', 'B', 'A']) as user_id")
