"""The vault: the only place where a user's id and key stand side by side."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from scoring.errors import ConfigurationError, CreditloopError, PermanentError, TransientError
from scoring.folder_modes import make_private
from scoring.settings import Settings
from scoring.system_errors import as_known_error
from scoring.warehouse.sql import quote_literal

KEY_BITS = 53
"""User keys stay below 2^53: no JSON client rounds them."""

_FINGERPRINT_MESSAGE = b"creditloop identity key fingerprint"
_SCHEMA = """
create table if not exists vault.identities (
    user_id varchar primary key,
    user_key bigint not null unique
);
create table if not exists vault.key_fingerprint (fingerprint varchar not null);
"""


def identity_secret(settings: Settings) -> bytes:
    """The identity key.

    Raises:
        ConfigurationError: None is configured.
    """
    if settings.identity_key is None:
        raise ConfigurationError(
            "identity key missing",
            subject="CREDITLOOP_IDENTITY_KEY",
            expected="a secret of 32 characters or more",
            got="none",
            next_step="Set it (for example to the output of: openssl rand -hex 32) and keep it "
            "safe; user keys depend on it for ever.",
        )
    return settings.identity_key.get_secret_value().encode()


def derive_user_key(secret: bytes, user_id: str, counter: int = 0) -> int:
    """First 53 bits of HMAC-SHA256 over counter and id; the counter moves on at a collision."""
    message = f"{counter}:{user_id}".encode()
    return int.from_bytes(hmac.digest(secret, message, "sha256")[:8]) >> (64 - KEY_BITS)


def key_fingerprint(secret: bytes) -> str:
    """Tells one identity key from another without giving it away."""
    return hmac.digest(secret, _FINGERPRINT_MESSAGE, hashlib.sha256).hex()


@contextmanager
def attach_vault(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[None]:
    """Attach the vault as ``vault`` while the block runs, creating it at first use.

    Raises:
        ConfigurationError: No identity key, or another one than the vault was made with.
        TransientError: Another process holds the vault.
        PermanentError: The vault is damaged.
    """
    secret = identity_secret(settings)
    make_private(settings.vault_file.parent)
    _attach(connection, settings.vault_file, "")
    try:
        connection.execute("begin")
        connection.execute(_SCHEMA)
        if not _check_fingerprint(connection, secret):
            connection.execute(
                "insert into vault.key_fingerprint values (?)", [key_fingerprint(secret)]
            )
        connection.execute("commit")
        settings.vault_file.chmod(0o600)
        yield
    finally:
        _detach(connection)


def assign_user_keys(
    connection: duckdb.DuckDBPyConnection, settings: Settings, ids_query: str
) -> None:
    """Give every id of ``ids_query`` (one column ``user_id``) that has no key yet its own.

    The vault must be attached; what is assigned is committed at once, so a key once seen anywhere
    stays the user's.
    """
    secret = identity_secret(settings)
    new_ids = [
        str(row[0])
        for row in connection.execute(
            f"select distinct user_id from ({ids_query}) anti join vault.identities "
            "using (user_id) where user_id is not null order by user_id"
        ).fetchall()
    ]
    if not new_ids:
        return
    keys = _unique_keys(connection, secret, new_ids)
    assigned = pa.table({"user_id": pa.array(new_ids, pa.string()), "user_key": pa.array(keys)})
    connection.register("ingest_assigned", assigned)
    try:
        connection.execute(
            "insert into vault.identities select user_id, user_key from ingest_assigned"
        )
    finally:
        connection.unregister("ingest_assigned")


def lookup_user_key(settings: Settings, user_id: str) -> int | None:
    """The key of a user, or None if the id was never landed.

    Raises:
        ConfigurationError: No identity key, or another one than the vault was made with.
        TransientError: Another process holds the vault.
        PermanentError: The vault is damaged.
    """
    secret = identity_secret(settings)
    if not settings.vault_file.exists():
        return None
    connection = duckdb.connect()
    try:
        _attach(connection, settings.vault_file, "(read_only)")
        _check_fingerprint(connection, secret)
        row = connection.execute(
            "select user_key from vault.identities where user_id = ?", [user_id]
        ).fetchone()
    finally:
        connection.close()
    return None if row is None else int(row[0])


def _unique_keys(
    connection: duckdb.DuckDBPyConnection, secret: bytes, new_ids: Sequence[str]
) -> list[int]:
    keys = [derive_user_key(secret, user_id) for user_id in new_ids]
    taken = _taken_keys(connection, keys)
    for position, key in enumerate(keys):
        counter, candidate = 0, key
        while candidate in taken:
            counter += 1
            candidate = derive_user_key(secret, new_ids[position], counter)
            taken |= _taken_keys(connection, [candidate])
        taken.add(candidate)
        keys[position] = candidate
    return keys


def _taken_keys(connection: duckdb.DuckDBPyConnection, keys: Sequence[int]) -> set[int]:
    connection.register("ingest_candidates", pa.table({"user_key": pa.array(keys, pa.int64())}))
    try:
        rows = connection.execute(
            "select user_key from vault.identities semi join ingest_candidates using (user_key)"
        ).fetchall()
    finally:
        connection.unregister("ingest_candidates")
    return {int(row[0]) for row in rows}


def _attach(connection: duckdb.DuckDBPyConnection, vault_file: Path, options: str) -> None:
    previous = os.umask(0o077)
    try:
        connection.execute(f"attach {quote_literal(str(vault_file))} as vault {options}")
    except duckdb.Error as error:
        raise _refuse_vault(vault_file, error) from error
    finally:
        os.umask(previous)


def _refuse_vault(vault_file: Path, error: duckdb.Error) -> CreditloopError:
    if "could not set lock" in str(error).lower():
        return TransientError(
            "vault not opened",
            subject=vault_file.name,
            expected="a vault that no other process holds",
            got="one that is held",
            next_step="Wait for the other run to end and repeat the command.",
        )
    known = as_known_error(error)
    if known is not None and type(known) is not PermanentError:
        return known
    return PermanentError(
        "vault not opened",
        subject=vault_file.name,
        expected="a readable DuckDB file",
        got="one that is damaged",
        next_step="Restore vault/ from a backup; nothing was changed.",
    )


def _check_fingerprint(connection: duckdb.DuckDBPyConnection, secret: bytes) -> bool:
    row = connection.execute("select fingerprint from vault.key_fingerprint").fetchone()
    if row is not None and row[0] != key_fingerprint(secret):
        raise ConfigurationError(
            "identity key refused",
            subject="CREDITLOOP_IDENTITY_KEY",
            expected="the key that the vault was made with",
            got="another one",
            next_step="Restore the key; with another one every user would become a new user.",
        )
    return row is not None


def _detach(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.TransactionException):  # there is none after a commit
        connection.rollback()
    connection.execute("detach vault")
