"""The page of training parameters, from the model that is their one source."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from scoring.training.labels import LabelRules
from scoring.training.parameters import TrainingParameters

_HEAD = """# Training parameters

Generated from `scoring/training/parameters.py` and `scoring/training/labels.py`. Most are set by
`creditloop card train --set NAME=VALUE`; what they do is told in [cards.md](cards.md).
"""


def render_parameters_page() -> str:
    """``docs/training_parameters.md``."""
    lines = [_HEAD, *_table(TrainingParameters)]
    lines += ["", "## Labels (training on the warehouse)", "", *_table(LabelRules)]
    return "\n".join(lines) + "\n"


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield "| parameter | default | meaning |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        yield f"| `{name}` | {_default(field)} | {field.description} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value == {}:
        return ""
    return f"`{json.dumps(value)}`"
