"""What a user can act on: a reviewed list, read from the file beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

ACTIONABLE_FILE = Path(__file__).with_name("actionable_features.yml")


class Action(BaseModel):
    """A feature that is offered, the direction, and the advice in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature_name: str
    change: Literal["raise", "lower"]
    advice_zh: str
    advice_en: str


@cache
def read_actions() -> Mapping[str, Action]:
    """Feature name -> what may be advised; a feature that is not there is never advised."""
    text = ACTIONABLE_FILE.read_text(encoding="utf-8")
    found = TypeAdapter(list[Action]).validate_python(yaml.safe_load(text))
    return {action.feature_name: action for action in found}
