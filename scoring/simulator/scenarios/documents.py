"""``docs/scenarios.md``, rendered from the scenarios."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.simulator.scenarios.outcomes import STATUS_MEANINGS, Expectation
from scoring.simulator.scenarios.scenario import THEMES, Scenario, load_scenario, scenario_names

_STATES = "".join(f"- `{status}`: {meaning}.\n" for status, meaning in STATUS_MEANINGS.items())
_INTRODUCTION = f"""# Scenarios

<!-- Generated from scoring/simulator/scenarios/*.yml by `make docs`; do not edit. -->

What customers of such products really ask, each as a world small enough to work out by hand, with
what must come out night by night. `creditloop simulate --scenario NAME --out DIR` writes one as
landing files; ids differ between scenarios, so all of them fit into one deployment.
`tests/scoring/marts/test_scenarios.py` compares the marts with every value below, at a minimum of
a tenth of a bill and no days of grace.

Bills are cumulative: a bill asks for the line's whole billed balance. A bill or an instalment is

{_STATES}
A night is a business day as known on its own evening, unless another day is named. Where a **known
gap** is noted, the marts say something else today; the test fails as soon as they do not.

"""


def render_scenarios_page() -> str:
    """``docs/scenarios.md``."""
    scenarios = sorted(map(load_scenario, scenario_names()), key=lambda item: item.theme)
    lines = ["| theme | scenario | the customer asks |", "|---|---|---|"]
    lines += [
        f"| {item.theme} {THEMES[item.theme]} | [{item.name}](#{item.name}) "
        f"| {item.question.zh}<br>{item.question.en} |"
        for item in scenarios
    ]
    return _INTRODUCTION + "\n".join(lines) + "\n" + "".join(map(_render_scenario, scenarios))


def _render_scenario(scenario: Scenario) -> str:
    lines = ["", f"## {scenario.name}", "", f"**{scenario.title}.** {scenario.about}", ""]
    lines += ["| night | what comes out | why |", "|---|---|---|"]
    lines += [
        f"| {_render_night(item)} | {_render_records(item)} | {_render_why(item)} |"
        for item in scenario.expected
    ]
    return "\n".join(lines) + "\n"


def _render_night(item: Expectation) -> str:
    later = f"<br>known on {item.known_on}" if item.known_on != item.as_of else ""
    return f"{item.as_of}{later}"


def _render_records(item: Expectation) -> str:
    return "<br>".join(
        f"`{record_id}` {_render_record(kind, values)}"
        for (kind, record_id), values in item.records().items()
    )


def _render_record(kind: str, values: Mapping[str, object] | None) -> str:
    if values is None:
        return "is not listed" if kind == "features" else "is not there"
    if kind == "repayments":
        return f"is held: {values['held_reason']}" if values["held_reason"] else "counts"
    if kind == "loans":
        return f"owes {values['outstanding']}, {'runs' if values['is_open'] else 'has ended'}"
    if kind == "accounts":
        extra = f" + {values['temporary_limit']}" if values["temporary_limit"] else ""
        return f"{values['status']}, limit {_render_value(values['credit_limit'])}{extra}"
    if kind == "features":
        return ", ".join(f"{name} {_render_value(value)}" for name, value in values.items())
    return _render_obligation(values)


def _render_obligation(values: Mapping[str, object]) -> str:
    parts = [f"{name} {values[name]}" for name in ("due", "paid", "outstanding")]
    others = ("converted", "carried", "waived")
    parts += [f"{name} {values[name]}" for name in others if values[name]]
    if values["dpd"]:
        parts.append(f"{values['dpd']} days past due")
    return f"{values['status']}: {', '.join(parts)}"


def _render_value(value: object) -> str:
    return "empty" if value is None else str(value)


def _render_why(item: Expectation) -> str:
    gap = f"**Known gap:** {item.known_gap}" if item.known_gap else ""
    return " ".join(text for text in (item.why, gap) if text)
