from __future__ import annotations

import json
import unicodedata
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from scoring.errors import ConfigurationError, PermanentError
from scoring.explain.explain import explain
from scoring.settings import Settings

DAY = date(2024, 3, 1)
LATER = date(2024, 3, 4)
SCHEMA = """
create table score_rows (
    user_key bigint, as_of_date date, known_on date, score integer, score_status varchar,
    score_status_reason varchar, band_code varchar, pd_12m decimal(18, 6), points_base integer,
    points_spending integer, points_repayment integer, points_history integer,
    points_linkage integer, points_clipped integer, card_id varchar, months_on_book bigint,
    evidence_days bigint, code_version varchar
);
create view scores as select * from score_rows;
create view scores_latest as
    select * from score_rows
    qualify row_number() over (partition by user_key order by as_of_date desc) = 1;
create table point_rows (
    user_key bigint, as_of_date date, known_on date, feature_name varchar,
    value decimal(18, 6), bin varchar, points integer
);
create view score_points as select * from point_rows;
create table score_reasons (
    user_key bigint, as_of_date date, known_on date, reason_rank integer, feature_name varchar,
    dimension varchar, points integer, points_lost integer, reason_code varchar,
    reason_zh varchar, reason_en varchar
);
create table feature_catalog (
    feature_name varchar, dimension varchar, title_zh varchar, title_en varchar, unit varchar
);
create table score_bands (
    band_code varchar, lower_bound integer, upper_bound integer, title_zh varchar,
    title_en varchar, valid_from date, valid_to date
);
create table publication (generation bigint, as_of_date date, known_on date);
insert into publication values (4, '2024-03-04', '2024-03-04');
insert into score_bands values
    ('good', 600, 650, '旧称', 'Old name', '2000-01-01', '2024-01-01'),
    ('good', 600, 650, '良好', 'Good', '2024-01-01', null);
insert into feature_catalog values
    ('spend_amount_90d', 'spending', '近90天消费金额', 'Spending of 90 days', 'cny'),
    ('payment_ratio_180d', 'repayment', '近180天还款比例', 'Paid share of 180 days', 'ratio'),
    ('late_payment_count_365d', 'history', '近一年逾期次数', 'Late payments of a year', 'count'),
    ('revolving_utilisation_ratio', 'linkage', '额度使用率', 'Use of the limit', 'ratio');
insert into score_rows values
    (1, '2024-03-01', '2024-03-02', 623, 'scored', null, 'good', null, 600, 15, 0, 20, -12, 0,
     'demo_v1', 12, 40, 'x'),
    (2, '2024-03-01', '2024-03-02', null, 'no_consent', '没有授权 / No consent', null, null, null,
     null, null, null, null, null, 'demo_v1', null, 3, 'x'),
    (1, '2024-03-04', '2024-03-04', 950, 'scored', null, null, null, 1200, 15, 0, 20, -12, -273,
     'demo_v1', 12, 43, 'x'),
    (3, '2024-03-01', '2024-03-02', 620, 'scored', null, 'good', null, 600, 15, 0, 0, 0, 0,
     'demo_v1', 12, 40, 'x'),
    (4, '2024-03-01', '2024-03-02', 620, 'scored', null, 'good', null, 600, 15, 0, 0, 0, 0,
     'demo_v1', 12, 40, 'x');
insert into point_rows values
    (1, '2024-03-01', '2024-03-02', 'spend_amount_90d', 1250.5, '100..2000', 15),
    (1, '2024-03-01', '2024-03-02', 'payment_ratio_180d', null, 'missing', 0),
    (1, '2024-03-01', '2024-03-02', 'late_payment_count_365d', 0, '0', 20),
    (1, '2024-03-01', '2024-03-02', 'revolving_utilisation_ratio', 0.5, '0.5 to 1', -12),
    (1, '2024-03-01', '2024-03-01', 'spend_amount_90d', 1, 'an older reading', 3),
    (1, '2024-03-04', '2024-03-04', 'spend_amount_90d', 1250.5, '100..2000', 15),
    (1, '2024-03-04', '2024-03-04', 'late_payment_count_365d', 0, '0', 20),
    (1, '2024-03-04', '2024-03-04', 'revolving_utilisation_ratio', 0.5, '0.5 to 1', -12),
    (3, '2024-03-01', '2024-03-02', 'spend_amount_90d', 1250.5, '100..2000', 14),
    (4, '2024-03-01', '2024-03-02', 'spend_amount_90d', 1250.5, '100..2000', 15);
insert into score_reasons values
    (1, '2024-03-01', '2024-03-02', 2, 'revolving_utilisation_ratio', 'linkage', -12, 24, 'L02',
     '已用额度占总额度的比例较高。', 'You use a large part of your limit.'),
    (1, '2024-03-01', '2024-03-02', 1, 'payment_ratio_180d', 'repayment', 0, 25, 'R01M',
     '近 180 天没有到期的应还款项。', 'Nothing fell due in the last 180 days.');
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    settings.published.mkdir(parents=True)
    with duckdb.connect(str(settings.published / "creditloop.duckdb")) as connection:
        connection.execute(SCHEMA)
    (settings.published / "creditloop.duckdb").chmod(0o444)
    return settings


def test_explanation_holds_the_addition(settings: Settings) -> None:
    found = explain(settings, DAY, user_key=1)
    assert (found.points_base, found.score, found.points_clipped) == (600, 623, 0)
    assert [(part.dimension, part.points) for part in found.dimensions] == [
        ("spending", 15),
        ("repayment", 0),
        ("history", 20),
        ("linkage", -12),
    ]
    (line,) = found.dimensions[0].lines
    assert (line.title_zh, line.value, line.bin, line.points) == (
        "近90天消费金额",
        Decimal("1250.5"),
        "100..2000",
        15,
    )
    assert (found.band_code, found.band_title_zh, found.band_title_en) == ("good", "良好", "Good")
    assert [(reason.reason_rank, reason.points_lost) for reason in found.reasons] == [
        (1, 25),
        (2, 24),
    ]
    assert found.generation == 4


def test_evidence_says_how_old_it_is(settings: Settings) -> None:
    evidence = explain(settings, DAY, user_key=1).evidence
    assert evidence.known_on == date(2024, 3, 2)
    assert (evidence.evidence_days, evidence.months_on_book) == (40, 12)
    assert (evidence.newest_as_of_date, evidence.age_days) == (LATER, 3)


def test_text_is_an_addition_in_both_languages(settings: Settings) -> None:
    text = explain(settings, DAY, user_key=1).render()
    lines = [line.split() for line in text.splitlines()]
    assert ["基础分", "Base", "600"] in lines
    assert ["近90天消费金额", "1,250.50", "100..2000", "+15"] in lines
    assert ["Spending", "of", "90", "days"] in lines
    assert ["额度使用率", "0.5", "0.5", "to", "1", "-12"] in lines
    assert ["近180天还款比例", "–", "无数据", "missing", "+0"] in lines
    assert lines.count(["小计", "Subtotal", "=", "+20"]) == 1
    assert ["总分", "Score", "良好", "Good", "=", "623"] in lines
    assert " 600 +15 +0 +20 -12 +0 = 623" in text.splitlines()
    assert "1. -25  近 180 天没有到期的应还款项。" in text
    assert "You use a large part of your limit. (L02)" in text
    assert "  有记录的天数 Days with records: 40" in text.splitlines()
    assert "  最新一晚 Newest published night: 2024-03-04 (3 天后 days later)" in text.splitlines()
    assert "an older reading" not in text


def test_text_fits_eighty_columns(settings: Settings) -> None:
    def width(line: str) -> int:
        return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)

    text = explain(settings, DAY, user_key=1).render()
    assert max(width(line) for line in text.splitlines()) <= 80
    assert "\x1b" not in text


def test_newest_night_is_the_default_and_the_clip_is_shown(settings: Settings) -> None:
    found = explain(settings, user_key=1)
    assert (found.as_of_date, found.score, found.points_clipped) == (LATER, 950, -273)
    text = found.render()
    assert " 1200 +15 +0 +20 -12 -273 = 950" in text.splitlines()
    assert "没有失分。 No points were lost." in text


def test_unscored_user_gets_status_and_reason(settings: Settings) -> None:
    found = explain(settings, DAY, user_key=2)
    assert (found.score, found.score_status) == (None, "no_consent")
    assert found.dimensions == ()
    text = found.render()
    assert "没有分数 No score: 未授权 no consent" in text
    assert "没有授权 / No consent" in text
    assert "  使用月数 Months on book: –" in text.splitlines()


def test_dictionary_is_plain_json(settings: Settings) -> None:
    facts = json.loads(json.dumps(explain(settings, DAY, user_key=1).to_dict()))
    assert facts["score"] == 623
    assert facts["as_of_date"] == "2024-03-01"
    assert facts["dimensions"][0]["lines"][0]["value"] == "1250.500000"
    parts = [part["points"] for part in facts["dimensions"]]
    assert facts["points_base"] + sum(parts) + facts["points_clipped"] == facts["score"]


def test_unknown_night_is_refused(settings: Settings) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^score not found for scores@2024-02-29: expected a published night \(the newest is "
        r"2024-03-04\), got 2024-02-29\. Name a night that `creditloop status` lists, or leave out "
        r"--date\.$",
    ):
        explain(settings, date(2024, 2, 29), user_key=1)


def test_unknown_user_is_refused_without_naming_the_key(settings: Settings) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^score not found for scores@2024-03-01: expected a user of that night who consents "
        r"to credit scoring now, got no row for this key\. Check the key, and whether the user had "
        r"joined by then or has since withdrawn\.$",
    ) as caught:
        explain(settings, DAY, user_key=987654321)
    assert "987654321" not in str(caught.value)


def test_nothing_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PermanentError,
        match=r"^explanation refused for published/creditloop\.duckdb: expected a publication, "
        r"got none\. Run a night first: creditloop nightly --date YYYY-MM-DD$",
    ):
        explain(Settings(home=tmp_path), DAY, user_key=1)


def test_publication_without_scores_is_refused(settings: Settings) -> None:
    path = settings.published / "creditloop.duckdb"
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from score_rows")
    with pytest.raises(PermanentError, match=r"expected a published night, got none\. Run a night"):
        explain(settings, user_key=1)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.published.mkdir(parents=True)
    (settings.published / "creditloop.duckdb").write_bytes(b"not a database" * 500)
    with pytest.raises(
        PermanentError,
        match=r"expected a readable DuckDB file, got \w+\. "
        r"Return to a kept one: creditloop rollback$",
    ):
        explain(settings, DAY, user_key=1)


def test_points_that_do_not_make_their_subtotal_are_refused(settings: Settings) -> None:
    with pytest.raises(
        PermanentError,
        match=r"^explanation refused for spending@2024-03-01: expected published points that add "
        r"up to the published total, got a difference of 1\. Publish the night again: "
        r"creditloop publish --date 2024-03-01$",
    ):
        explain(settings, DAY, user_key=3)


def test_parts_that_do_not_make_the_score_are_refused(settings: Settings) -> None:
    with pytest.raises(
        PermanentError, match=r"^explanation refused for score@2024-03-01: .* a difference of 5\. "
    ):
        explain(settings, DAY, user_key=4)
