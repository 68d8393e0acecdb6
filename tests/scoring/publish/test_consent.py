from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.scoring.publish.handmade import (
    FIRST,
    NO_CONSENT,
    SECOND,
    THIRD,
    Handmade,
    Scored,
    utc,
)

ALL = {1: Scored(610), 2: Scored(620), 3: Scored(630)}
TABLES = (
    "scores",
    "scores_latest",
    "scores_history",
    "score_points",
    "score_reasons",
    "score_changes",
    "features_latest",
)


def shown_users(handmade: Handmade) -> dict[str, list[object]]:
    return {
        table: [
            key for (key,) in handmade.ask(f"select distinct user_key from {table} order by all")
        ]
        for table in TABLES
    }


def in_every_table(keys: list[object]) -> dict[str, list[object]]:
    return dict.fromkeys(TABLES, keys)


def test_without_a_consents_feed_everybody_is_shown_and_it_is_said(handmade: Handmade) -> None:
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade) == in_every_table([1, 2, 3])
    assert handmade.ask("select consent_basis, consent_statement from publication") == [
        (
            "outside_system",
            "no consents were ever landed: consent is taken as given outside the system",
        )
    ]


def test_revocation_withholds_a_user_from_older_nights_too(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade) == in_every_table([1, 2])
    assert handmade.ask("select withheld_row_count from publication") == [(1,)]

    handmade.land_consents(SECOND, {2: "revoked"})
    handmade.publish(SECOND, ALL)
    assert shown_users(handmade) == in_every_table([1])
    assert handmade.ask("select consent_basis, consent_known_on from publication") == [
        ("in_feed", SECOND)
    ]


def test_consent_as_known_now_counts_for_a_night_of_the_past(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted", 3: "granted"})
    handmade.land_consents(THIRD, {3: "revoked"})
    handmade.publish(FIRST, ALL, known_on=FIRST)
    assert shown_users(handmade) == in_every_table([1, 2])


def test_scores_computed_without_consent_are_not_shown_after_a_later_grant(
    handmade: Handmade,
) -> None:
    handmade.land_consents(FIRST, {1: "granted"})
    handmade.land_consents(SECOND, {2: "granted"})
    handmade.publish(FIRST, {1: Scored(), 2: NO_CONSENT})
    assert shown_users(handmade) == in_every_table([1])


def test_user_who_consents_again_comes_back_with_older_nights(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, ALL)
    handmade.land_consents(SECOND, {2: "revoked"})
    handmade.publish(SECOND, {1: Scored(), 2: NO_CONSENT})
    assert shown_users(handmade)["scores"] == [1]
    handmade.land_consents(THIRD, {2: "granted"})
    handmade.publish(THIRD, {1: Scored()})
    assert handmade.ask("select user_key, as_of_date, score from scores_latest") == [
        (1, THIRD, 600),
        (2, FIRST, 620),
    ]
    assert handmade.ask("select as_of_date from scores where user_key = 2") == [(FIRST,)]


def test_first_consents_feed_withholds_everybody_who_is_not_in_it(handmade: Handmade) -> None:
    handmade.publish(FIRST, ALL)
    handmade.land_consents(SECOND, {2: "granted"})
    handmade.publish(SECOND, ALL)
    assert shown_users(handmade) == in_every_table([2])


def test_revocation_alone_makes_a_new_generation_of_the_same_night(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, ALL)
    handmade.land_consents(SECOND, {2: "revoked"})
    handmade.publish(FIRST, ALL)
    assert handmade.ask("select generation from publication") == [(2,)]
    assert shown_users(handmade) == in_every_table([1])
    # the same value is no other value: the night keeps the file it was published in
    assert handmade.ask("select user_key, published_at_generation from scores_history") == [(1, 1)]


def test_rows_of_users_without_consent_never_reach_a_file(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted"})
    handmade.publish(FIRST, ALL)
    for path in handmade.settings.published.rglob("*.parquet"):
        keys = handmade.ask(f"select distinct user_key from read_parquet('{path}')")
        assert keys == [(1,)]


def test_merged_users_are_one_person(handmade: Handmade) -> None:
    handmade.land_users(SECOND, [1, 2, 3], merged={2: 1})
    handmade.land_consents(FIRST, {1: "granted", 3: "granted"})
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade)["scores"] == [1, 2, 3]
    handmade.land_consents(THIRD, {2: "revoked"})
    handmade.publish(THIRD, {1: Scored(), 3: Scored()})
    assert shown_users(handmade) == in_every_table([3])


def test_of_two_changes_at_one_instant_the_revocation_holds(handmade: Handmade) -> None:
    moment = utc(2025, 1, 1)
    handmade.land_users(SECOND, [1, 2, 3], merged={2: 1})
    handmade.land_consents(FIRST, {1: "granted", 2: "revoked", 3: "granted"}, changed_at=moment)
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade)["scores"] == [3]


def test_corrected_and_withdrawn_consents_are_honoured(handmade: Handmade) -> None:
    moment = utc(2025, 1, 1)
    handmade.land_consents(FIRST, {1: "granted", 2: "granted", 3: "revoked"}, changed_at=moment)
    handmade.land_consents(SECOND, {2: "revoked", 3: "granted"}, changed_at=moment)
    handmade.land_consents(THIRD, {3: "granted"}, changed_at=moment, is_deleted=True)
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade)["scores"] == [1]


def test_change_dated_after_the_newest_batch_has_not_happened(handmade: Handmade) -> None:
    # 2025-01-30 16:00 UTC is midnight of the 31st in Shanghai
    handmade.land(
        "consents",
        FIRST,
        [
            {
                "user_key": key,
                "purpose": "credit_scoring",
                "changed_at": utc(2025, 1, 30, hour, minute),
                "state": "granted",
            }
            for key, hour, minute in ((1, 15, 59), (2, 16, 0))
        ],
    )
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade)["scores"] == [1]


def test_gated_features_need_their_own_consent(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.land_consents(SECOND, {1: "granted"}, purpose="consent_gated_data")
    handmade.publish(SECOND, ALL)
    query = "select user_key, income_amount_90d, current_dpd_days from features_latest"
    assert handmade.ask(query) == [(1, Decimal(3), 2), (2, None, 2)]


def test_other_purposes_are_no_consent_to_scoring(handmade: Handmade) -> None:
    handmade.land_consents(date(2025, 1, 29), {1: "granted", 2: "granted"}, purpose="marketing")
    handmade.land_consents(FIRST, {2: "granted"})
    handmade.publish(FIRST, ALL)
    assert shown_users(handmade)["scores"] == [2]
