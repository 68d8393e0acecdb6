"""What ``airflow backfill create`` is given beside what the user says."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scoring.backfill_command import add_param, creates_backfill, read_planned_days
from scoring.errors import ConfigurationError

CREATE = ["backfill", "create", "--dag-id", "credit_nightly"]
DRY_RUN = """Performing dry run of backfill.
Printing params:
    - from_date = 2024-12-31 16:00:00+00:00
Runs to be attempted:
+---------------------------+-----------------+
| logical_date              | partition_key   |
+===========================+=================+
| 2025-01-02 18:00:00+00:00 |                 |
| 2024-12-31 18:00:00+00:00 |                 |
+---------------------------+-----------------+
"""


def test_days_are_those_that_get_a_run() -> None:
    assert read_planned_days(DRY_RUN, "Asia/Shanghai") == (date(2025, 1, 1), date(2025, 1, 3))
    assert read_planned_days("Performing dry run of backfill.", "Asia/Shanghai") == ()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (CREATE, True),
        (["backfill", "create", "--dag-id=credit_nightly"], True),
        ([*CREATE, "--dry-run"], False),
        (["backfill", "create", "--dag-id", "another"], False),
        (["dags", "test", "credit_nightly"], False),
    ],
)
def test_only_a_backfill_of_the_nightly_dag_is_changed(
    arguments: list[str], expected: bool
) -> None:
    assert creates_backfill(arguments) is expected


@pytest.mark.parametrize("given", [["--dag-run-conf", '{"a": 1}'], ['--dag-run-conf={"a": 1}']])
def test_configuration_that_is_given_stays(given: list[str]) -> None:
    *kept, option, conf = add_param([*CREATE, *given], {"id": "b"})
    assert (kept, option) == (CREATE, "--dag-run-conf")
    assert json.loads(conf) == {"a": 1, "backfill": {"id": "b"}}


@pytest.mark.parametrize("given", ["", "[1]", "nonsense"])
def test_configuration_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a JSON object"):
        add_param([*CREATE, "--dag-run-conf", given], {})
