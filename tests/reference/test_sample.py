"""A sample gives its users exactly the features that a reading of everything gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scoring.reference.features import compute_features
from scoring.reference.known_world import look_back
from scoring.reference.raw_rows import RawRows, load_raw
from scoring.reference.sample import Sample, draw_sample, read_sample
from scoring.warehouse.store import open_warehouse
from tests.reference.worlds import World, dirty_world, old_world, simulated_world

WORLDS = {"simulated": simulated_world, "dirty": dirty_world, "old": old_world}
ALONE = 12
"""Users of each night that are read without any other."""


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return WORLDS[request.param](tmp_path_factory.getbasetemp())


@pytest.fixture
def dirty(tmp_path_factory: pytest.TempPathFactory) -> World:
    return dirty_world(tmp_path_factory.getbasetemp())


def test_users_read_alone_have_the_features_of_a_reading_of_everything(world: World) -> None:
    for night in world.nights:
        with open_warehouse(world.settings) as connection:
            rows = RawRows(connection, world.settings)
            survivors = look_back(load_raw(connection, world.settings), night.question).survivors
            for user in sorted(draw_sample(rows, night.question, ALONE).users):
                merged = frozenset(key for key, end in survivors.items() if end == user) - {user}
                alone = Sample(frozenset({user}), merged, frozenset())
                raw = read_sample(rows, alone)
                computed = compute_features(raw, night.question, alone.users)
                assert computed == {user: night.reference[user]}


def test_a_sample_reads_little_and_all_of_it(world: World) -> None:
    night = world.nights[-1]
    with open_warehouse(world.settings) as connection:
        rows = RawRows(connection, world.settings)
        raw = load_raw(connection, world.settings)
        sample = draw_sample(rows, night.question, 10)
        read = read_sample(rows, sample)
    keys = sample.users | sample.merged
    for feed, found in read.items():
        mine = [row for row in raw[feed] if row["user_key"] in keys]
        assert all(row in found for row in mine)
        assert len(found) < len(raw[feed]) / 2 or feed == "disputes"


def test_each_night_draws_others_and_the_same_ones_again(dirty: World) -> None:
    question = dirty.nights[0].question
    tomorrow = replace(question, as_of=question.as_of + timedelta(days=1))
    with open_warehouse(dirty.settings) as connection:
        rows = RawRows(connection, dirty.settings)
        first, again, other = (
            draw_sample(rows, asked, 10) for asked in (question, question, tomorrow)
        )
    assert first == again
    assert len(first.users) == len(other.users) == 10
    assert len(first.users & other.users) < 5


def test_a_sample_of_more_than_there_are_is_everybody(dirty: World) -> None:
    for night in dirty.nights:
        with open_warehouse(dirty.settings) as connection:
            rows = RawRows(connection, dirty.settings)
            survivors = look_back(load_raw(connection, dirty.settings), night.question).survivors
            sample = draw_sample(rows, night.question, 10_000)
        assert sample.users == set(night.reference)
        assert sample.merged == {
            key for key, end in survivors.items() if end != key and end in sample.users
        }
        assert sample.merged <= sample.unlisted


def test_a_smaller_sample_is_part_of_a_larger_one(dirty: World) -> None:
    question = dirty.nights[0].question
    with open_warehouse(dirty.settings) as connection:
        rows = RawRows(connection, dirty.settings)
        sizes = [draw_sample(rows, question, count).users for count in (1, 5, 25)]
    assert [len(users) for users in sizes] == [1, 5, 25]
    assert sizes[0] < sizes[1] < sizes[2]
