"""``airflow backfill create`` of the nightly DAG: each run is told the days of its backfill.

Airflow tells a task that its run belongs to a backfill, not to which one, nor which others do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scoring.errors import ConfigurationError

DAG_ID = "credit_nightly"
CONF = "--dag-run-conf"
DRY_RUN = "--dry-run"
_RUNS_FOLLOW = "Runs to be attempted"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)")


def creates_backfill(arguments: Sequence[str]) -> bool:
    """Whether this Airflow command makes runs of a backfill of the nightly DAG.

    Example:
        >>> creates_backfill(["backfill", "create", "--dag-id", "credit_nightly"])
        True
        >>> creates_backfill(["backfill", "create", "--dag-id", "credit_nightly", "--dry-run"])
        False
    """
    return (
        list(arguments[:2]) == ["backfill", "create"]
        and any(argument in (DAG_ID, f"--dag-id={DAG_ID}") for argument in arguments)
        and DRY_RUN not in arguments
    )


def read_planned_days(dry_run: str, business_timezone: str) -> tuple[date, ...]:
    r"""Business days of the runs that ``airflow backfill create --dry-run`` says it would make.

    Days of the range that have a run already, and are not to be run again, are none of them.

    Example:
        >>> text = "Runs to be attempted:\n| 2025-12-31 18:00:00+00:00 |"
        >>> read_planned_days(text, "Asia/Shanghai")
        (datetime.date(2026, 1, 1),)
    """
    _, _, listed = dry_run.partition(_RUNS_FOLLOW)
    zone = ZoneInfo(business_timezone)
    moments = [datetime.fromisoformat(text) for text in _MOMENT.findall(listed)]
    return tuple(sorted({moment.astimezone(zone).date() for moment in moments}))


def add_param(arguments: Sequence[str], backfill: dict[str, object]) -> list[str]:
    """The command with the parameter ``backfill`` in every run's configuration.

    Raises:
        ConfigurationError: The configuration that is given is not a JSON object.

    Example:
        >>> add_param(["backfill", "create"], {"id": "b1"})
        ['backfill', 'create', '--dag-run-conf', '{"backfill": {"id": "b1"}}']
    """
    kept, given = _split_conf(arguments)
    try:
        conf = dict(json.loads(given))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            "backfill not created",
            subject=CONF,
            expected="a JSON object",
            got="something else",
            next_step=f'Correct it, for example {CONF} \'{{"from_step": "score"}}\'.',
        ) from error
    return [*kept, CONF, json.dumps(conf | {"backfill": backfill})]


def _split_conf(arguments: Sequence[str]) -> tuple[list[str], str]:
    """The command without its run configuration, and that configuration."""
    kept, given, values = [], "{}", iter(arguments)
    for argument in values:
        if argument == CONF:
            given = next(values, "")
        elif argument.startswith(f"{CONF}="):
            given = argument.partition("=")[2]
        else:
            kept.append(argument)
    return kept, given
