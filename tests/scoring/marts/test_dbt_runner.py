from __future__ import annotations

from scoring.marts.dbt_runner import NodeRun, render_runs


def test_runs_are_listed_with_the_slowest_first() -> None:
    runs = [
        NodeRun("products", "seed", "marts", 0.25),
        NodeRun("dim_user_night", "model", "marts", 1.5),
        NodeRun("assert_paid", "test", "quality", 0.25),
    ]
    assert render_runs(runs).splitlines() == [
        "3 nodes done in 2.0 s of work",
        "    1.50 s  model  marts.dim_user_night",
        "    0.25 s  test   quality.assert_paid",
        "    0.25 s  seed   marts.products",
    ]
