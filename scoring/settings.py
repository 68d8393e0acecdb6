"""All settings, validated together: ``CREDITLOOP_*`` from the environment or ``.env``."""

from __future__ import annotations

import difflib
import os
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from scoring.errors import ConfigurationError

Arrival = Literal["daily", "business_day", "irregular", "never"]
EngineName = Literal["duckdb", "spark"]
ChangeDetail = Literal["all", "none"]
Share = Annotated[Decimal, Field(ge=0, le=1)]

PREFIX = "CREDITLOOP_"
PROJECT_ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ".env"
EVERY_FEED = "*"
_FEEDS_FOLDER = Path(__file__).with_name("landing") / "feeds"


class Settings(BaseSettings):
    """Settings of one deployment.

    Per-feed settings are JSON objects keyed by feed name; ``"*"`` stands for every feed that is
    not named, e.g. ``CREDITLOOP_EXPECTED='{"*": "daily", "disputes": "irregular"}'``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    home: Path = Field(
        default=Path("var"),
        description="Folder of landing/, warehouse/, vault/, published/, reports/, cards/ and "
        "airflow/.",
    )
    business_timezone: str = Field(
        default="Asia/Shanghai", description="Zone of naive timestamps and of the business date."
    )
    identity_key: SecretStr | None = Field(
        default=None,
        description="Secret (32 characters or more) that user keys are derived from; never change.",
    )
    minimum_due_ratio: Decimal | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Share of a statement that counts as the minimum when the feed gives none.",
    )
    due_grace_days: int = Field(
        default=0, ge=0, le=30, description="Days after the due date that are not yet past due."
    )
    expected: dict[str, Arrival] = Field(
        default_factory=dict, description="How often each feed arrives; default irregular."
    )
    holidays: list[date] = Field(
        default_factory=list, description="Dates that are no business days, besides weekends."
    )
    landing_quiet_seconds: int = Field(
        default=300,
        ge=0,
        description="A landing folder without _control.json or _SUCCESS is complete once unchanged "
        "for this long.",
    )
    quarantine_share: dict[str, Share] = Field(
        default_factory=dict,
        description="Share of quarantined rows above which (and above 20 rows) a batch is refused; "
        "default 0.01.",
    )
    held_share: dict[str, Share] = Field(
        default_factory=dict,
        description="The same for rows of users not known yet; default 0.05.",
    )
    engine: EngineName = Field(
        default="duckdb",
        description="What builds the marts and scores: duckdb, or spark (the extra [spark] and "
        "Java 17).",
    )
    spark_master: str | None = Field(
        default=None, description="Spark's master; default this machine, with as many threads."
    )
    threads: int | None = Field(default=None, ge=1, description="DuckDB threads; default all.")
    memory_limit: str = Field(
        default="6GB",
        pattern=r"^\d+(\.\d+)?(MB|GB|MiB|GiB)$",
        description="DuckDB memory limit; beyond it, work spills to warehouse/tmp.",
    )
    lock_timeout_seconds: float = Field(
        default=60, ge=0, description="How long a run waits for another one to leave the warehouse."
    )
    keep_intermediate: bool = Field(
        default=False,
        description="Keep the intermediate tables of the last build in the warehouse, for a look.",
    )
    feature_nights_kept: int = Field(
        default=7, ge=1, description="Nights of features kept in the warehouse, besides month ends."
    )
    reference_users: int = Field(
        default=20,
        ge=0,
        description="Users per night whose features are computed a second way and compared; 0 for "
        "none.",
    )
    change_detail: ChangeDetail = Field(
        default="all",
        description="Whether a night tells apart why scores changed (all) or only by how much "
        "(none).",
    )
    change_detail_users: int = Field(
        default=100_000,
        ge=1,
        description="Most users of a night whose change is told apart; that of others stays whole.",
    )
    generations_kept: int = Field(
        default=7, ge=2, description="Publications that rollback can return to."
    )
    reader_grace_days: int = Field(
        default=7, ge=0, description="Days an unreferenced published file is still kept."
    )
    published_uri: Path | None = Field(
        default=None,
        description="Where readers see published/, if not at its own path (a mount, for example).",
    )

    postgres_dsn: SecretStr | None = Field(
        default=None,
        description="Secret connection string of a PostgreSQL database that is published to as "
        "well (the extra [postgres]).",
    )
    postgres_schema: str = Field(
        default="creditloop",
        pattern=r"^[a-z][a-z0-9_]{0,30}$",
        description="Schema of the views readers see there; the tables are in <schema>_store.",
    )
    postgres_reader: str = Field(
        default="creditloop_reader",
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="Role there that may read these views, and nothing else.",
    )

    night_deadline_minutes: int = Field(
        default=240,
        ge=0,
        description="Minutes after which a night that Airflow queued and that is not done is late; "
        "0: never.",
    )
    notify_command: str | None = Field(
        default=None,
        description="Command that is run, with JSON on its standard input, when a night fails or "
        "is late.",
    )
    notify_webhook: SecretStr | None = Field(
        default=None, description="Secret address that the same JSON is posted to."
    )

    @field_validator("business_timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"unknown time zone {value!r}; use a name like Asia/Shanghai"
            ) from error
        return value

    @field_validator("expected", "quarantine_share", "held_share")
    @classmethod
    def _feeds_exist(cls, value: dict[str, object]) -> dict[str, object]:
        known = {EVERY_FEED, *(path.stem for path in _FEEDS_FOLDER.glob("*.yml"))}
        unknown = sorted(set(value) - known)
        if unknown:
            raise ValueError(f"names of feeds ({' | '.join(sorted(known))}), not {unknown[0]!r}")
        return value

    @field_validator("identity_key")
    @classmethod
    def _key_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MINIMUM_KEY_LENGTH:
            raise ValueError(f"needs at least {MINIMUM_KEY_LENGTH} characters")
        return value

    @cached_property
    def root(self) -> Path:
        """The home folder as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def landing(self) -> Path:
        """Where feeds arrive."""
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        """Immutable Parquet per feed and batch."""
        return self.root / "warehouse" / "raw"

    @property
    def warehouse_file(self) -> Path:
        """The build warehouse; one writer, no readers from outside."""
        return self.root / "warehouse" / "creditloop.duckdb"

    @property
    def spark(self) -> Path:
        """What Spark builds: tables of the last run, marts and scores by night."""
        return self.root / "warehouse" / "spark"

    @property
    def temp(self) -> Path:
        """Spill files and files being written, on the warehouse's own disk."""
        return self.root / "warehouse" / "tmp"

    @property
    def vault_file(self) -> Path:
        """The map user_id <-> user_key."""
        return self.root / "vault" / "identity.duckdb"

    @property
    def published(self) -> Path:
        """What BI tools read."""
        return self.root / "published"

    @property
    def cards(self) -> Path:
        """The deployment's own cards and their validation reports."""
        return self.root / "cards"

    @property
    def reports(self) -> Path:
        """Data Docs and other pages for people."""
        return self.root / "reports"

    def arrival(self, feed: str) -> Arrival:
        """How often ``feed`` is expected."""
        return self.expected.get(feed, self.expected.get(EVERY_FEED, "irregular"))

    def quarantine_limit(self, feed: str) -> Decimal:
        """Share (0-1) of quarantined rows above which a batch of ``feed`` is refused."""
        return self.quarantine_share.get(
            feed, self.quarantine_share.get(EVERY_FEED, Decimal("0.01"))
        )

    def held_limit(self, feed: str) -> Decimal:
        """Share (0-1) of held rows above which a batch of ``feed`` is refused."""
        return self.held_share.get(feed, self.held_share.get(EVERY_FEED, Decimal("0.05")))


MINIMUM_KEY_LENGTH = 32


def load_settings(**overrides: object) -> Settings:
    """Read and validate every setting.

    Args:
        **overrides: Values that win over the environment, by field name.

    Raises:
        ConfigurationError: A value is out of its range, or a ``CREDITLOOP_`` name is unknown.
    """
    _refuse_unknown_names(overrides.get("_env_file", ENV_FILE))
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "settings"
        raise _refuse(name, first["msg"].removeprefix("Value error, ")) from None
    except SettingsError as error:
        # Only the field's name is taken from it: its cause quotes the value.
        field = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise _refuse(PREFIX + field.upper(), "a JSON value") from None


def _refuse(name: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        "setting refused",
        subject=name,
        expected=expected,
        got="the value that is set",
        next_step="Correct it in the environment or in .env; .env.example lists every setting.",
    )


def _refuse_unknown_names(env_file: object) -> None:
    """Refuse names that no setting has, in the environment and in ``.env``."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    in_file = dotenv_values(str(env_file)) if env_file else {}
    for name in sorted({*os.environ, *in_file}):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            raise ConfigurationError(
                "setting refused",
                subject=name,
                expected=f"a known name{f' such as {near[0]}' if near else ''}",
                got="an unknown one",
                next_step="Remove or correct it; .env.example lists every setting.",
            )
