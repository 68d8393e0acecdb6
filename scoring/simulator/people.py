"""Registrations, verifications, merges, consents: the feeds users and consents."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Ints, to_ints
from scoring.simulator.encoding import PURPOSE
from scoring.simulator.world import World

_GRANT_SHARES = {"credit_scoring": 0.97, "consent_gated_data": 0.55, "marketing": 0.6}
_REVOKED_PER_DAY = {"credit_scoring": 4e-5, "consent_gated_data": 1e-4, "marketing": 3e-4}
_GRANTED, _REVOKED = 0, 1


def plan_people(world: World) -> None:
    """Put down the days on which users rows and consents are sent."""
    hidden = world.hidden
    users = np.arange(hidden.size)
    _plan_user_rows(world, users, hidden.registered_at)
    _plan_user_rows(world, users, hidden.verified_at)
    merged_at = np.where(
        hidden.merged_day == NULL, NULL, hidden.merged_day * SECONDS_PER_DAY + 15 * 3600
    )
    _plan_user_rows(world, users, merged_at)
    for purpose in PURPOSE.words:
        _plan_consents(world, users, purpose)


def step_people(world: World, day: int) -> None:
    """Send today's new and changed users and consents."""
    changed = world.agenda("users").take(day)
    if changed is not None:
        _send_users(world, np.unique(changed["user_id"]), day)
    consents = world.agenda("consents").take(day)
    if consents is not None:
        world.batch.add_rows("consents", consents)


def _plan_user_rows(world: World, users: Ints, moments: Ints) -> None:
    happens = moments != NULL
    days = np.maximum(moments[happens] // SECONDS_PER_DAY, world.start)
    world.agenda("users").put(days, {"user_id": users[happens]})


def _plan_consents(world: World, users: Ints, purpose: str) -> None:
    random, registered_at = world.random, world.hidden.registered_at
    grants = random.chance(f"{purpose} granted", _GRANT_SHARES[purpose])
    granted_at = registered_at + random.integer(f"{purpose} granted after", 1, 900)
    lasts = -np.log(random.uniform(f"{purpose} revoked after")) / _REVOKED_PER_DAY[purpose]
    revoked_at = granted_at + to_ints(lasts * SECONDS_PER_DAY) + 3600
    returns = random.chance(f"{purpose} granted again", 0.3)
    again_at = revoked_at + random.integer(
        f"{purpose} granted again after", 10 * SECONDS_PER_DAY, 200 * SECONDS_PER_DAY
    )
    for chosen, moments, state in (
        (grants, granted_at, _GRANTED),
        (grants, revoked_at, _REVOKED),
        (grants & returns, again_at, _GRANTED),
    ):
        rows = {
            "user_id": users[chosen],
            "changed_at": moments[chosen],
            "purpose": np.full(int(chosen.sum()), PURPOSE.code(purpose), dtype=np.int64),
            "state": np.full(int(chosen.sum()), state, dtype=np.int64),
        }
        days = np.maximum(moments[chosen] // SECONDS_PER_DAY, world.start)
        world.agenda("consents").put(days, rows)


def _send_users(world: World, users: Ints, day: int) -> None:
    hidden, random = world.hidden, world.random
    night = (day + 1) * SECONDS_PER_DAY
    verified_at, merged_day = hidden.verified_at[users], hidden.merged_day[users]
    is_merged = (merged_day != NULL) & (merged_day <= day)
    # Some users never filled in their profile.
    has_profile = random.chance("profile", 0.95, 0, users)
    world.batch.add(
        "users",
        users,
        registered_at=hidden.registered_at[users],
        identity_verified_at=np.where(verified_at < night, verified_at, NULL),
        merged_into=np.where(is_merged, users - 1, NULL),
        birth_year=np.where(
            has_profile, 2005 - to_ints(45 * random.uniform("age", 0, users) ** 1.5), NULL
        ),
        gender=np.where(has_profile, random.integer("gender", 0, 1, 0, users), NULL),
        region_code=np.where(has_profile, hidden.region[users], NULL),
        occupation_code=np.where(has_profile, random.integer("occupation", 1, 20, 0, users), NULL),
    )
