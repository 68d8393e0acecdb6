from __future__ import annotations

import pytest

from scoring.clock import utc_now
from scoring.errors import GateClosedError
from scoring.publish.gates import GATES
from scoring.publish.step import publish_night
from scoring.warehouse.store import open_warehouse
from tests.scoring.publish.handmade import FIRST, SECOND, Handmade, Scored


@pytest.mark.parametrize(
    ("gate", "state"), [("landing", "failed"), ("marts", "errored"), ("scores", "unheard of")]
)
def test_closed_gate_keeps_the_previous_publication(
    handmade: Handmade, gate: str, state: str
) -> None:
    handmade.publish(FIRST, {1: Scored()})
    night = handmade.add_night(SECOND, {1: Scored(610)})
    handmade.set_gates(night, [gate], state=state)
    shown = "failed" if state == "failed" else "errored"
    with pytest.raises(
        GateClosedError,
        match=rf"publication refused for {gate} gate@2025-01-31, known on 2025-01-31: expected "
        rf"every gate passed for this very night, got 1 {shown}. See the Data Docs under reports/, "
        rf"then run `creditloop check {gate} --date 2025-01-31`; the previous publication stays.",
    ):
        publish_night(handmade.settings, night)
    assert handmade.ask("select generation, as_of_date from publication") == [(1, FIRST)]


def test_errored_warning_closes_the_gate_too(handmade: Handmade) -> None:
    night = handmade.add_night(FIRST, {1: Scored()})
    handmade.set_gates(night, ["marts"], state="errored", severity="warn")
    with pytest.raises(GateClosedError, match="got 1 errored"):
        publish_night(handmade.settings, night)


def test_failed_warning_lets_the_night_through_and_is_told(handmade: Handmade) -> None:
    night = handmade.add_night(FIRST, {1: Scored()})
    handmade.set_gates(night, ["marts"], state="failed", severity="warn")
    publish_night(handmade.settings, night)
    ((gates,),) = handmade.ask("select gate_results from publication")
    assert '"marts": {"warned": 1}' in str(gates)


@pytest.mark.parametrize("gate", GATES)
def test_gate_of_another_night_or_knowledge_does_not_count(handmade: Handmade, gate: str) -> None:
    night = handmade.add_night(FIRST, {1: Scored()})
    with open_warehouse(handmade.settings) as connection:
        connection.execute(
            "update quality.gate_results set known_on = date '2025-02-01' where gate = ?", [gate]
        )
    with pytest.raises(GateClosedError, match="got no result for this night"):
        publish_night(handmade.settings, night)


@pytest.mark.parametrize(
    ("table", "gate"), [("scores.scores", "scores"), ("marts.dim_user_night", "marts")]
)
def test_tables_built_after_their_gate_are_refused(
    handmade: Handmade, table: str, gate: str
) -> None:
    night = handmade.add_night(FIRST, {1: Scored()})
    with open_warehouse(handmade.settings) as connection:
        connection.execute(
            "insert into ops.table_contents values (?, ?, ?, 1, 'x', 'r', 'v', ?)",
            [table, FIRST, FIRST, utc_now()],
        )
    with pytest.raises(GateClosedError, match=f"{gate} gate.*older than the tables it checked"):
        publish_night(handmade.settings, night)
