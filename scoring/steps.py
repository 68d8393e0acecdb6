"""The steps of a night, by name and in order; light enough for a DAG file to import."""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[str, str] = {
    "ingest": "scoring.landing.ingest:ingest_night",
    "check_landing": "expectations.gate:check_landing",
    "build_marts": "scoring.marts.build:build_night",
    "check_marts": "expectations.gate:check_marts",
    "score": "scoring.score.step:score_night",
    "check_scores": "expectations.gate:check_scores",
    "publish": "scoring.publish.step:publish_night",
}
"""Step name -> ``module:function``, in the order of a night; imported only when run."""
