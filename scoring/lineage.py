"""OpenLineage: each step tells a lineage service which tables it makes from which.

Off unless the environment says where events go, by OpenLineage's own variables:
``OPENLINEAGE_URL``, ``OPENLINEAGE_CONFIG`` or ``OPENLINEAGE__TRANSPORT…``. An event holds names of
tables, the business day and, if the step failed, what failed: no values. A service that does not
listen never stops a night.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scoring import __version__
from scoring.errors import CreditloopError

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient

log = logging.getLogger(__name__)

NIGHT = "credit_nightly"
NAMESPACE = "creditloop"
PRODUCER = f"urn:creditloop:{__version__}"
_BY_NIGHT = ("scores", "score_points", "score_reasons", "score_changes")
_PLACES = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT")


@dataclass(frozen=True)
class Tables:
    """What a step reads and writes, each as ``schema.table``."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()


def is_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a place for events.

    Example:
        >>> is_on({"OPENLINEAGE__TRANSPORT__TYPE": "file"}), is_on({})
        (True, False)
        >>> is_on({"OPENLINEAGE_URL": "https://lineage", "OPENLINEAGE_DISABLED": "true"})
        False
    """
    if environment.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    return any(name.startswith(_PLACES) for name in environment)


def tables_of(step: str) -> Tables | None:
    """What a step reads and writes; None for work that is no step of a night."""
    from scoring.landing.contract import load_feeds  # noqa: PLC0415 - only when it is on
    from scoring.marts.records import MARTS  # noqa: PLC0415 - as above
    from scoring.publish.generation import REFERENCE_TABLES, USER_TABLES  # noqa: PLC0415

    landing, raw = (_in(schema, load_feeds()) for schema in ("landing", "raw"))
    marts, scores = _in("marts", MARTS), _in("scores", _BY_NIGHT)
    reference = _in("marts", REFERENCE_TABLES)
    shown = (*_BY_NIGHT, "scores_history", *USER_TABLES, *REFERENCE_TABLES, "publication")
    return {
        "ingest": Tables(landing, raw),
        "check_landing": Tables(raw),
        "build_marts": Tables(raw, (*marts, *reference)),
        "check_marts": Tables(marts),
        "score": Tables(marts, scores),
        "check_scores": Tables(scores),
        "publish": Tables((*marts, *reference, *scores), _in("published", shown)),
    }.get(step)


def _in(schema: str, tables: Any) -> tuple[str, ...]:
    return tuple(f"{schema}.{table}" for table in tables)


class StepLineage:
    """The events of one attempt at a step.

    Args:
        step: Its name.
        run_id: The run it belongs to, the same for all steps of a night.
        day_starts_at: Start of its business day, in the business zone.
    """

    def __init__(self, step: str, run_id: str, day_starts_at: datetime) -> None:
        self._step, self._run_id, self._day_starts_at = step, run_id, day_starts_at
        self._attempt = str(uuid.uuid4())
        self._tables: Tables | None = None
        self._client: OpenLineageClient | None = None
        if is_on():
            _tolerantly(self._open)

    def start(self) -> None:
        """Tell that the step begins."""
        self._emit("START")

    def end(self, error: BaseException | None = None) -> None:
        """Tell that it has ended, well or with an error; of this, what failed and for which object.

        What was expected and what was got may be sums of money.
        """
        if error is None:
            self._emit("COMPLETE")
            return
        told = type(error).__name__
        if isinstance(error, CreditloopError):
            told += f": {error.what} for {error.subject}"
        self._emit("FAIL", told)

    def _open(self) -> None:
        from openlineage.client import OpenLineageClient  # noqa: PLC0415 - optional

        self._tables = tables_of(self._step)
        if self._tables is not None:
            self._client = OpenLineageClient()

    def _emit(self, state: str, failure: str = "") -> None:
        client, tables = self._client, self._tables
        if client is not None and tables is not None:
            _tolerantly(lambda: client.emit(self._event(tables, state, failure)))

    def _event(self, tables: Tables, state: str, failure: str) -> Any:
        from openlineage.client import event_v2 as events  # noqa: PLC0415 - optional
        from openlineage.client.facet_v2 import (  # noqa: PLC0415 - optional
            error_message_run,
            nominal_time_run,
            parent_run,
        )

        space = os.environ.get("OPENLINEAGE_NAMESPACE", NAMESPACE)
        night = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}/{self._run_id}"))
        facets: dict[str, Any] = {
            "nominalTime": nominal_time_run.NominalTimeRunFacet(self._day_starts_at.isoformat()),
            "parent": parent_run.ParentRunFacet(
                parent_run.Run(night), parent_run.Job(space, NIGHT)
            ),
        }
        if failure:
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(failure, "python")
        return events.RunEvent(
            eventTime=datetime.now(UTC).isoformat(),
            producer=PRODUCER,
            run=events.Run(self._attempt, facets),
            job=events.Job(space, f"{NIGHT}.{self._step}"),
            eventType=events.RunState[state],
            inputs=[events.InputDataset(space, name) for name in tables.inputs],
            outputs=[events.OutputDataset(space, name) for name in tables.outputs],
        )


def _tolerantly(work: Callable[[], object]) -> None:
    """Do it; what goes wrong is logged by its kind, as its text may quote an address with a key."""
    try:
        work()
    except ImportError:
        log.warning("no lineage events: install creditloop[lineage], or unset OPENLINEAGE_*")
    except Exception as error:  # noqa: BLE001 - a listener must never stop a night
        log.warning("a lineage event was not taken: %s", type(error).__name__)
