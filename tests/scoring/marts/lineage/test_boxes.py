from __future__ import annotations

from pathlib import Path

import pytest

from scoring.errors import ConfigurationError
from scoring.landing.contract import load_feeds
from scoring.marts.lineage.boxes import DBT_PROJECT, TOPICS, build_order, read_boxes
from scoring.marts.records import MARTS


def _write(project: Path, models: dict[str, str]) -> Path:
    (project / "models").mkdir()
    for name, text in models.items():
        (project / "models" / f"{name}.sql").write_text(text, encoding="utf-8")
    exposures = "exposures: [{name: scores, depends_on: [ref('dim_user_night')]}]"
    (project / "models" / "exposures.yml").write_text(exposures, encoding="utf-8")
    return project


def test_every_model_stands_in_one_box() -> None:
    boxes = read_boxes()
    shown = [name for box in boxes for name in (box.lines or (box.name,))]
    models = {path.stem for path in (DBT_PROJECT / "models").rglob("*.sql")}
    assert len(shown) == len(set(shown))
    assert models == {name for name in shown if name.startswith(("stg_", "int_", "dim_", "fct_"))}
    names = {kind: {box.name for box in boxes if box.kind == kind} for kind in ("feed", "mart")}
    assert names == {"feed": {f"raw.{feed}" for feed in load_feeds()}, "mart": set(MARTS)}
    assert {box.name for box in boxes if box.kind == "topic"} == set(TOPICS)


def test_topics_are_made_of_models_and_read_what_these_read(tmp_path: Path) -> None:
    project = _write(
        tmp_path,
        {
            "stg_users": "{{ new_versions('users', ['user_key']) }}",
            "int_users__resolved": "from {{ ref('stg_users') }}",
            "int_users__shared": "from {{ ref('int_users__resolved') }}",
            "dim_user_night": "{#- not 'stg_users' -#} from {{ ref('int_users__shared') }}",
        },
    )
    boxes = {box.name: box for box in read_boxes(project)}
    assert list(boxes) == ["raw.users", "stg_users", "users", "dim_user_night", "published tables"]
    assert boxes["users"].lines == ("int_users__resolved", "int_users__shared")
    assert boxes["users"].reads == {"stg_users"}
    assert boxes["dim_user_night"].reads == {"users"}
    assert boxes["published tables"].reads == {"dim_user_night"}


def test_model_of_no_topic_is_refused(tmp_path: Path) -> None:
    project = _write(tmp_path, {"int_weather__known": "select 1"})
    with pytest.raises(ConfigurationError, match="for int_weather__known: expected one topic"):
        read_boxes(project)


def test_models_stand_after_what_they_read() -> None:
    assert build_order({"b": ["a"], "a": ["x"], "c": ["b", "a"]}) == ["a", "b", "c"]
