"""What no feed tells: the planted effects, everybody's hidden traits, and the state by month."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, to_ints
from scoring.simulator.default_chance import default_chance, oldest_days_late
from scoring.simulator.encoding import USER_IDS, to_decimal
from scoring.simulator.lender import excess_use
from scoring.simulator.parameters import Drift, Parameters
from scoring.simulator.population import REGIONS, Population, rollout_days
from scoring.simulator.season import to_date
from scoring.simulator.world import World

if TYPE_CHECKING:
    from scoring.simulator.shards import Plan

TRUTH_FILE = "truth.json"
_DATES = ("left_day", "merged_day", "line_day")
_MOMENTS = ("registered_at", "verified_at")
_MONEY = ("income", "baseline_flow")


class TruthWriter:
    """Writes ``users/`` (one row per user) and ``months/`` (user and month end) of one shard."""

    def __init__(self, folder: Path, shard: int, world: World) -> None:
        self._world = world
        for name in ("users", "months"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(_users_table(world), folder / "users" / f"part-{shard:03d}.parquet")
        self._months_path = folder / "months" / f"part-{shard:03d}.parquet"
        self._months: pq.ParquetWriter | None = None

    def observe(self, day: int) -> None:
        """Write the state of all registered users if ``day`` is the last of a month."""
        if to_date(day + 1).day != 1:
            return
        table = _month_table(self._world, day)
        if self._months is None:
            self._months = pq.ParquetWriter(self._months_path, table.schema, compression="zstd")
        self._months.write_table(table)

    def close(self) -> None:
        """Finish the file of months; a world without a month end has none."""
        if self._months is not None:
            self._months.close()


def write_truth(plan: Plan) -> None:
    """Write ``truth.json``: what was planted, and with which constants."""
    content = {
        "seed": plan.seed,
        "start": str(to_date(plan.start)),
        "days": plan.days,
        "users": plan.users,
        "dirt": plan.dirt,
        **planted_truth(plan.parameters, plan.start),
        "parameters": asdict(plan.parameters),
    }
    text = json.dumps(content, indent=2) + "\n"
    (plan.truth / TRUTH_FILE).write_text(text, encoding="utf-8")


def planted_truth(parameters: Parameters, start: int) -> dict[str, Any]:
    """The planted effects of a world that starts on day ``start``, and what follows from them.

    ``loop_gain`` is the open-loop gain: spending 1 % higher moves the limit by the flow elasticity,
    and that moves spending by their product; round and round it adds up to 1 / (1 - gain).
    """
    effects, lender, drift = parameters.effects, parameters.lender, parameters.drift
    gain = effects.limit_flow_elasticity * effects.limit_spending_elasticity
    return {
        "effects": asdict(effects),
        "derived": {
            "loop_gain": gain,
            "loop_multiplier": 1.0 / (1.0 - gain),
            "streak_cash_limit_log": effects.streak_points / lender.cash_limit_scale,
            "reporting_date": str(to_date(start + drift.reporting_after_days)),
            "rollout_dates": _rollout_dates(drift, start),
        },
    }


def _rollout_dates(drift: Drift, start: int) -> dict[str, str]:
    days = rollout_days(drift, start)
    return {f"R{region:02d}": str(to_date(int(days[region]))) for region in range(1, REGIONS + 1)}


def _users_table(world: World) -> pa.Table:
    hidden = world.hidden
    return pa.table(
        {"user_id": _user_ids(world, np.arange(hidden.size))}
        | {field.name: _trait(hidden, field.name) for field in fields(Population)}
    )


def _trait(hidden: Population, name: str) -> pa.Array:
    values = getattr(hidden, name)
    if values.dtype != np.int64:
        return pa.array(values)
    missing = values == NULL
    if name in _MONEY:
        return to_decimal(values, missing, 18, 2)
    if name in _MOMENTS:
        return pa.array(values, pa.timestamp("s"), mask=missing)
    if name in _DATES:
        return pa.array(np.where(missing, 0, values).astype(np.int32), pa.date32(), mask=missing)
    return pa.array(values, mask=missing)


def _month_table(world: World, day: int) -> pa.Table:
    users = np.flatnonzero(world.hidden.registered_at < (day + 1) * SECONDS_PER_DAY)
    state = world.state
    money = {
        "flow_amount_30d": to_ints(state.spending_30d[users]),
        "huabei_limit": world.huabei.limit[users],
        "jiebei_limit": world.jiebei.limit[users],
    }
    nothing = np.zeros(users.size, dtype=np.bool_)
    columns = {
        "user_id": _user_ids(world, users),
        "as_of_date": pa.array(np.full(users.size, day, dtype=np.int32), pa.date32()),
        "lender_score": pa.array(state.score[users]),
        "streak": pa.array(state.streak[users]),
        "late_memory": pa.array(state.late_memory[users]),
        "excess_use": pa.array(excess_use(world)[users]),
        "days_late": pa.array(oldest_days_late(world, day)[users]),
        "is_strained": pa.array(state.strain_until[users] > day),
        "is_distressed": pa.array(state.distress_until[users] > day),
        "has_cash_access": pa.array(world.has_cash_access()[users]),
        "is_written_off": pa.array(state.is_lost[users]),
        "pd_12m": pa.array(default_chance(world, day)[users]),
    }
    columns |= {name: to_decimal(values, nothing, 18, 2) for name, values in money.items()}
    return pa.table(columns)


def _user_ids(world: World, users: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Array:
    missing = np.zeros(users.size, dtype=np.bool_)
    return USER_IDS.encode(world.user_number(users), missing)
