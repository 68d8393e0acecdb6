"""Settings are validated together and name what is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from scoring.documents import render_env_example
from scoring.errors import ConfigurationError
from scoring.settings import Settings, load_settings


def test_defaults_need_nothing_from_the_environment() -> None:
    settings = load_settings()
    assert settings.business_timezone == "Asia/Shanghai"
    assert settings.root == Path.cwd() / "var"


def test_environment_and_wildcards_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITLOOP_EXPECTED", '{"*": "daily", "disputes": "irregular"}')
    monkeypatch.setenv("CREDITLOOP_QUARANTINE_SHARE", '{"transactions": 0.3}')
    settings = load_settings()
    assert settings.arrival("loans") == "daily"
    assert settings.arrival("disputes") == "irregular"
    assert settings.quarantine_limit("transactions") == Decimal("0.3")
    assert settings.quarantine_limit("loans") == Decimal("0.01")


def test_dotenv_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CREDITLOOP_GENERATIONS_KEPT=3\n", encoding="utf-8")
    assert load_settings().generations_kept == 3


def test_unknown_name_is_refused_with_the_nearest_known_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CREDITLOOP_MEMORY_LIMT", "4GB")
    with pytest.raises(
        ConfigurationError, match=r"CREDITLOOP_MEMORY_LIMT: .* such as CREDITLOOP_MEMORY_LIMIT"
    ):
        load_settings()


def test_unknown_name_in_dotenv_is_refused_as_well(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CREDITLOOP_GENERATION_KEPT=3\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"such as CREDITLOOP_GENERATIONS_KEPT"):
        load_settings()
    assert load_settings(_env_file=None).generations_kept == 7


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BUSINESS_TIMEZONE", "Asia/Shanhai", "unknown time zone 'Asia/Shanhai'"),
        ("IDENTITY_KEY", "short", "needs at least 32 characters"),
        ("MINIMUM_DUE_RATIO", "1.5", "less than or equal to 1"),
        ("MEMORY_LIMIT", "plenty", "should match pattern"),
        ("EXPECTED", '{"users": "sometimes"}', "'daily', 'business_day', 'irregular' or 'never'"),
        ("EXPECTED", "daily", "expected a JSON value, got"),
        ("EXPECTED", '{"transaction": "daily"}', r"names of feeds .*users.*not 'transaction'"),
        ("HELD_SHARE", '{"user": 0.5}', r"names of feeds .*not 'user'"),
        ("GENERATIONS_KEPT", "1", "greater than or equal to 2"),
    ],
)
def test_bad_value_names_the_setting_and_the_rule(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"CREDITLOOP_{name}", value)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_settings()
    assert f"CREDITLOOP_{name}" in str(caught.value)
    assert "Value error" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_secret_is_not_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITLOOP_IDENTITY_KEY", "tooshortsecret")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "tooshortsecret" not in str(caught.value)


def test_env_example_lists_every_setting() -> None:
    text = render_env_example()
    for name in Settings.model_fields:
        assert f"#CREDITLOOP_{name.upper()}=" in text
