from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scoring.publish.columns import CHANGES, POINTS, REASONS, SCORES
from scoring.publish.manifest import Manifest, PublishedFile, content_lines

DAYS = [date(2025, 1, day) for day in range(1, 5)]
readings = st.tuples(st.sampled_from(DAYS), st.integers(0, 2)).map(
    lambda pair: (pair[0], pair[0] + timedelta(days=pair[1]))
)


def make_file(table: str, reading: tuple[date, date], value: int) -> PublishedFile:
    as_of_date, known_on = reading
    name = f"{table}/{as_of_date}/{known_on}/{value}.parquet"
    return PublishedFile(table, as_of_date, known_on, name, str(value), 1)


def publish(manifest: Manifest, reading: tuple[date, date], value: int) -> Manifest:
    advanced = manifest.advance(
        make_file(SCORES, reading, value), make_file(POINTS, reading, value)
    )
    if not manifest.makes_current(*reading):
        return advanced
    return advanced.put(make_file(REASONS, reading, value), make_file(CHANGES, reading, value))


def publish_all(steps: list[tuple[tuple[date, date], int]]) -> Manifest:
    manifest = Manifest()
    for reading, value in steps:
        manifest = publish(manifest, reading, value)
    return manifest


@given(st.lists(st.tuples(readings, st.integers(0, 2)), min_size=1, max_size=12))
def test_each_night_has_one_current_reading_that_knows_most(
    steps: list[tuple[tuple[date, date], int]],
) -> None:
    manifest = publish_all(steps)
    newest = {day: max(known for (of, known), _ in steps if of == day) for (day, _), _ in steps}
    assert manifest.readings() == newest
    last = dict(steps)
    for table in (SCORES, POINTS, REASONS, CHANGES):
        current = manifest.of(table, is_current=True)
        assert [(file.as_of_date, file.known_on) for file in current] == sorted(newest.items())
        assert all(
            file.content_hash == str(last[file.as_of_date, file.known_on]) for file in current
        )


@given(st.lists(st.tuples(readings, st.integers(0, 2)), max_size=12))
def test_no_value_ever_published_is_lost(steps: list[tuple[tuple[date, date], int]]) -> None:
    files = {make_file(SCORES, reading, value).file for reading, value in steps}
    assert {file.file for file in publish_all(steps).of(SCORES)} == files


@given(st.lists(readings, unique=True, max_size=8), st.randoms())
def test_order_of_publication_changes_nothing(
    night_readings: list[tuple[date, date]], random: object
) -> None:
    steps = [(reading, 0) for reading in night_readings]
    shuffled = list(steps)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content_lines(publish_all(steps), {}) == content_lines(publish_all(shuffled), {})


def test_neighbouring_nights_are_found() -> None:
    manifest = publish_all([((DAYS[0], DAYS[0]), 0), ((DAYS[2], DAYS[2]), 0)])
    assert manifest.night_before(DAYS[0]) is None
    assert manifest.night_before(DAYS[1]) == DAYS[0]
    assert manifest.night_after(DAYS[1]) == DAYS[2]
    assert manifest.night_after(DAYS[2]) is None
    assert manifest.newest() == (DAYS[2], DAYS[2])
    assert Manifest().newest() is None
