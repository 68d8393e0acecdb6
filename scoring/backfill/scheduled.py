"""A night of a backfill that a scheduler runs: in any order, each step in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.backfill.judging import (
    read_state,
    refusal_of,
    refuse_or_complete,
    require_backfill,
    stage_or_complete,
)
from scoring.backfill.opening import open_backfill
from scoring.backfill.request import Request
from scoring.errors import ConfigurationError, GateClosedError, PermanentError
from scoring.nights import Night, run_step
from scoring.recording import StepReport
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

CREATE = "python -m scoring.orchestration backfill create --dag-id credit_nightly …"


@dataclass(frozen=True)
class Membership:
    """What a run knows of the backfill it belongs to.

    Attributes:
        backfill_id: Its id, the same for every run of it.
        days: Its business days, oldest first.
    """

    backfill_id: str
    days: tuple[date, ...]

    def to_param(self) -> dict[str, Any]:
        """As the parameter ``backfill`` of a run has it."""
        return {"id": self.backfill_id, "days": [day.isoformat() for day in self.days]}

    @classmethod
    def from_param(cls, param: Mapping[str, Any] | None, run_id: str) -> Membership:
        """Read the parameter ``backfill`` of a run.

        Raises:
            ConfigurationError: The backfill was created without it, so nobody knows its last day.

        Example:
            >>> Membership.from_param({"id": "b1", "days": ["2026-01-01"]}, "run").backfill_id
            'b1'
        """
        try:
            days = sorted(date.fromisoformat(day) for day in (param or {})["days"])
            return cls(str((param or {})["id"]), (days[0], *days[1:]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ConfigurationError(
                "backfill refused",
                subject=run_id,
                expected='the parameter backfill = {"id": …, "days": […]}',
                got=str(param),
                next_step=f"Create it with `{CREATE}`, which fills it in.",
            ) from error


def join_backfill(
    settings: Settings, membership: Membership, as_of_date: date, known_on: date
) -> Night:
    """The night as one of the backfill, which the first of its nights to come opens.

    Raises:
        ConfigurationError: Another unfinished backfill shares a day with it, or the night is none
            of its days.
    """
    days = membership.days
    request = Request(
        days[0], days[-1], reason="Airflow backfill", left_out=_gaps(days[0], days[-1], days)
    )
    open_backfill(settings, request, backfill_id=membership.backfill_id)
    night = Night(as_of_date, known_on, membership.backfill_id)
    with open_warehouse(settings) as connection:
        require_backfill(connection, night)
    return night


def run_backfill_step(settings: Settings, step: str, night: Night) -> StepReport:
    """Run a step of a joined night; the last one stages it, or publishes the whole backfill.

    An error about this night alone leaves it out; if it was the last one to be judged, the others
    are published before the error is raised. Other trouble leaves the night waiting.

    Raises:
        CreditloopError: Whatever the step raised.
        GateClosedError: The night was staged with a closed gate, and is left out.
    """
    if step == "publish":
        return _publish(settings, night)
    try:
        return run_step(settings, step, night)
    except PermanentError as error:
        refusal = refusal_of(error)
        if refusal is not None:
            refuse_or_complete(settings, night, refusal)
        raise


def _publish(settings: Settings, night: Night) -> StepReport:
    report = stage_or_complete(settings, night)
    with open_warehouse(settings) as connection:
        message = read_state(connection, night).message
    if not message:
        return report
    raise GateClosedError(
        "day left out",
        subject=f"night@{night.as_of_date}",
        expected="every gate passed",
        got=message,
        next_step="Correct the cause and clear this run; the other days do not wait for it.",
    )


def _gaps(first: date, last: date, days: tuple[date, ...]) -> frozenset[date]:
    """Days between the first and the last that are not asked for."""
    return frozenset(Request(first, last).days) - frozenset(days)
