from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError, PermanentError
from scoring.publish.published import published_content_hash
from scoring.publish.relocate import relocate
from scoring.publish.rollback import rollback
from scoring.publish.step import publish_night
from scoring.settings import Settings, load_settings
from tests.scoring.publish.handmade import FIRST, SECOND, THIRD, Handmade, Scored

VIEW = "select sql from duckdb_views() where view_name = 'score_points'"


def elsewhere(handmade: Handmade, uri: Path) -> Settings:
    return load_settings(home=handmade.settings.home, published_uri=uri)


@pytest.fixture
def mounted(handmade: Handmade, tmp_path: Path) -> Settings:
    """A second place where published/ can be seen."""
    mount = tmp_path / "mount"
    mount.symlink_to(handmade.settings.published)
    return elsewhere(handmade, mount)


def test_views_of_every_kept_generation_move(handmade: Handmade, mounted: Settings) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    handmade.publish(SECOND, {1: Scored(620)})
    before = published_content_hash(handmade.settings)
    row = handmade.ask("from publication")
    line = relocate(mounted)
    assert line == f"2 generations now look under {mounted.published_uri}"
    ((sql,),) = handmade.ask(VIEW)
    assert all(name.startswith(str(mounted.published_uri)) for name in re.findall("'(/.*?)'", sql))
    assert published_content_hash(handmade.settings) == before
    assert handmade.ask("from publication") == row
    current = json.loads((mounted.published / "CURRENT.json").read_text(encoding="utf-8"))
    assert current["generation"] == 2

    rollback(mounted)
    ((sql,),) = handmade.ask(VIEW)
    assert str(mounted.published_uri) in str(sql)
    assert handmade.ask("select score from scores") == [(610,)]


def test_moved_deployment_is_readable_again_after_relocation(
    handmade: Handmade, tmp_path: Path
) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    handmade.publish(SECOND, {1: Scored(620)})
    before = published_content_hash(handmade.settings)
    handmade.settings.root.rename(tmp_path / "moved")
    moved = load_settings(home=tmp_path / "moved")
    relocate(moved)
    assert published_content_hash(moved) == before


def test_new_publications_use_the_setting_at_once(handmade: Handmade, mounted: Settings) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    publish_night(mounted, handmade.add_night(THIRD, {1: Scored(620)}))
    ((sql,),) = handmade.ask(VIEW)
    assert str(handmade.settings.published) not in str(sql)
    assert handmade.ask("select count(*) from score_points") == [(4,)]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (Path("somewhere"), "expected an absolute path, got a relative one, somewhere"),
        (Path("/nowhere"), "expected the published folder, seen from this machine too"),
    ],
)
def test_place_without_the_files_is_refused_and_nothing_moves(
    handmade: Handmade, uri: Path, message: str
) -> None:
    handmade.publish(FIRST, {1: Scored(610)})
    with pytest.raises(ConfigurationError, match=f"CREDITLOOP_PUBLISHED_URI: {message}"):
        relocate(elsewhere(handmade, uri))
    assert handmade.ask("select score from scores") == [(610,)]


def test_nothing_published_is_refused(handmade: Handmade) -> None:
    with pytest.raises(PermanentError, match=r"relocation refused.*expected a publication"):
        relocate(handmade.settings)
