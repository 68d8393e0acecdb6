"""``creditloop nightly`` and the single steps ``build``, ``check``, ``score``, ``publish``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from scoring.cli.console import out
from scoring.cli.options import (
    CardOption,
    DateOption,
    KnownOnOption,
    ReasonOption,
    require_reason,
    to_date,
)
from scoring.errors import ConfigurationError
from scoring.nights import (
    STEPS,
    Night,
    StepReport,
    check_not_ahead,
    check_step_name,
    make_night,
    new_run_id,
    run_night,
    run_step,
)
from scoring.settings import Settings, load_settings


class Gate(StrEnum):
    """The gates of a night."""

    LANDING = "landing"
    MARTS = "marts"
    SCORES = "scores"


AcceptOption = Annotated[
    list[str] | None,
    typer.Option("--accept-missing", help="Feed whose absence is accepted (needs --reason)."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("nightly")(nightly_command)
    app.command("build")(build_command)
    app.command("check")(check_command)
    app.command("score")(score_command)
    app.command("publish")(publish_command)


def nightly_command(
    day: DateOption,
    known_on: KnownOnOption = None,
    from_step: Annotated[str, typer.Option(help=" | ".join(STEPS))] = "ingest",
    accept_missing: AcceptOption = None,
    reason: ReasonOption = None,
    card: CardOption = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run.")] = False,
) -> None:
    """Run every step of one night in this process."""
    from scoring.landing.waivers import waive  # noqa: PLC0415 - only when asked for

    settings = load_settings()
    night = make_night(day.date(), to_date(known_on), card_id=card)
    check_not_ahead(settings, night)
    if dry_run:
        _print_plan(night, from_step)
        return
    if card is not None:
        _check_card(settings, card, from_step)
    for feed, why in accepted_feeds(accept_missing, reason).items():
        waive(settings, feed, night.known_on, kind="missing", reason=why)
    run_night(settings, night, from_step=from_step, on_step=_print_step)


def build_command(day: DateOption, known_on: KnownOnOption = None) -> None:
    """Build the feature marts of one night."""
    _run_single("build_marts", day, known_on)


def check_command(
    gate: Annotated[Gate, typer.Argument(help="Which gate.")],
    day: DateOption,
    known_on: KnownOnOption = None,
) -> None:
    """Check one gate of one night."""
    _run_single(f"check_{gate.value}", day, known_on)


def score_command(day: DateOption, known_on: KnownOnOption = None, card: CardOption = None) -> None:
    """Score every user of one night."""
    _run_single("score", day, known_on, card)


def publish_command(
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Business day.")
    ] = None,
    known_on: KnownOnOption = None,
    *,
    relocate: Annotated[
        bool,
        typer.Option(
            "--relocate", help="Only rewrite the views' paths under CREDITLOOP_PUBLISHED_URI."
        ),
    ] = False,
) -> None:
    """Publish one checked night."""
    if relocate:
        from scoring.publish.relocate import relocate as relocate_views  # noqa: PLC0415

        out.print(relocate_views(load_settings()), markup=False, highlight=False)
        return
    if day is None:
        raise typer.BadParameter("give --date, or --relocate", param_hint="--date")
    _run_single("publish", day, known_on)


def _check_card(settings: Settings, card: str, from_step: str) -> None:
    """Refuse a card that cannot score the night, or would not be asked to."""
    from scoring.releases.night_cards import check_requested  # noqa: PLC0415 - only when asked for

    names = list(STEPS)
    in_time = names[: names.index("score") + 1]
    if from_step in names and from_step not in in_time:
        raise ConfigurationError(
            "option refused",
            subject="--card",
            expected=f"a start at score or before it ({' | '.join(in_time)})",
            got=f"--from-step {from_step}",
            next_step="Leave out --card, or start earlier.",
        )
    check_requested(settings, card)


def accepted_feeds(feeds: list[str] | None, reason: str | None) -> dict[str, str]:
    """Feed -> why its absence is accepted.

    Raises:
        ConfigurationError: There is no such feed, or no reason.
    """
    from scoring.landing.contract import load_feeds  # noqa: PLC0415 - only when asked for

    if not feeds:
        return {}
    for feed in feeds:
        if feed not in load_feeds():
            raise ConfigurationError(
                "option refused",
                subject="--accept-missing",
                expected=" | ".join(load_feeds()),
                got=feed,
                next_step="Name a feed.",
            )
    return dict.fromkeys(feeds, require_reason(reason, option="--accept-missing"))


def _run_single(
    step: str, day: datetime, known_on: datetime | None, card: str | None = None
) -> None:
    night = make_night(day.date(), to_date(known_on), run_id=new_run_id("step"), card_id=card)
    _print_step(step, run_step(load_settings(), step, night))


def _print_step(name: str, report: StepReport) -> None:
    out.print(f"{name}: {report.summary}", markup=False, highlight=False)


def _print_plan(night: Night, from_step: str) -> None:
    check_step_name(from_step, night.as_of_date)
    names = list(STEPS)
    steps = " → ".join(names[names.index(from_step) :])
    out.print(f"night {night.as_of_date}, known on {night.known_on}: {steps}", markup=False)
