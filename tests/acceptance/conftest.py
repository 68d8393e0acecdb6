"""A way to show figures of passing tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.figures import Figures, render

FIGURES = "acceptance_figures"
"""Name of the report property that carries a table; it survives worker processes."""


@pytest.fixture
def show(record_property: Callable[[str, object], None]) -> Callable[[Figures], None]:
    """Show a table below the test results, whether the test passes or fails."""

    def keep(figures: Figures) -> None:
        record_property(FIGURES, render(figures))

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the tables that tests have shown."""
    for text in _shown(terminalreporter):
        terminalreporter.write_line("")
        terminalreporter.write_line(text)


def _shown(terminalreporter: pytest.TerminalReporter) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == FIGURES:
                    yield str(value)
