"""What is made from what, from feeds to published tables, read from the model files themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from scoring.errors import ConfigurationError
from scoring.settings import PROJECT_ROOT

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
TOPICS: Mapping[str, tuple[str, ...]] = {
    "users": ("int_users__resolved", "int_users__shared"),
    "listed users": ("int_activity__evidence", "int_users__listed"),
    "spending": ("int_spending__",),
    "limits": ("int_accounts__effective", "int_limits__", "int_decisions__"),
    "statements": ("int_statements__", "int_plans__", "int_lines__"),
    "loans": ("int_loans__", "int_installments__"),
    "repayments": ("int_repayments__",),
    "lateness": (
        *("int_obligations", "int_lateness__", "int_dues__", "int_streaks__", "int_reports__"),
        *("int_disputes__", "int_held_references"),
    ),
    "draws": ("int_draws__", "int_applications__", "int_overlap__"),
    "balances": (
        *("int_users__balances", "int_balances__", "int_utilisation__", "int_products__"),
        *("int_debts__", "int_accounts__opened"),
    ),
}
"""Topic of intermediate models -> how their names begin."""
PUBLISHED = "published tables"

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_STAGED = re.compile(r"new_versions\('(\w+)'|source\('raw', '(\w+)'\)")


@dataclass(frozen=True)
class Box:
    """One box of the picture.

    Attributes:
        name: Of the feed, model or topic; no two boxes share one.
        kind: ``feed``, ``staging``, ``topic``, ``mart`` or ``published``.
        lines: What stands in it: models in the order they are built, or published tables.
        reads: Names of the boxes it is made from, itself left out.
    """

    name: str
    kind: str
    lines: tuple[str, ...]
    reads: frozenset[str]


def read_boxes(project: Path = DBT_PROJECT) -> list[Box]:
    """The boxes, sorted by kind from left to right and then by name.

    Seeds are left out, as is that every staged row waits for its user in ``stg_users``.

    Raises:
        ConfigurationError: An intermediate model belongs to no topic, or to several.
    """
    reads = read_models(project)
    box_of = {name: _box_name(name) for name in reads}
    feeds = sorted({name for names in reads.values() for name in names} - reads.keys())
    published = _exposures(project)
    boxes = [Box(feed, "feed", (), frozenset()) for feed in feeds]
    members: dict[str, list[str]] = {}
    for model in build_order(reads):
        members.setdefault(box_of[model], []).append(model)
    for name, models in members.items():
        found = {box_of.get(read, read) for model in models for read in reads[model]}
        lines = tuple(models) if name in TOPICS else ()
        boxes.append(Box(name, _kind(name), lines, frozenset(found - {name})))
    marts = {model for names in published.values() for model in names if model in reads}
    boxes.append(Box(PUBLISHED, "published", tuple(published), frozenset(marts)))
    kinds = ("feed", "staging", "topic", "mart", "published")
    return sorted(boxes, key=lambda box: (kinds.index(box.kind), box.name))


def read_models(project: Path) -> dict[str, set[str]]:
    """Model -> what it reads: every model quoted in its file, and feeds as ``raw.<feed>``."""
    texts = {
        path.stem: _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for path in sorted((project / "models").rglob("*.sql"))
    }
    reads: dict[str, set[str]] = {}
    for name, text in texts.items():
        quoted = set(re.findall(r"'(\w+)'", text))
        feeds = {f"raw.{raw or versions}" for versions, raw in _STAGED.findall(text)}
        reads[name] = ((quoted & texts.keys()) - {name}) | feeds
    return reads


def build_order(reads: Mapping[str, Iterable[str]]) -> list[str]:
    """The names so that each stands after what it reads; of several possible, by name.

    >>> build_order({"b": ["a"], "a": [], "c": ["a"]})
    ['a', 'b', 'c']
    """
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(read) for read in reads.get(name, ())), default=0)
        return depths[name]

    return sorted(reads, key=lambda name: (depth(name), name))


def _box_name(model: str) -> str:
    if not model.startswith("int_"):
        return model
    topics = [
        topic
        for topic, beginnings in TOPICS.items()
        if any(model.startswith(beginning) for beginning in beginnings)
    ]
    if len(topics) != 1:
        raise ConfigurationError(
            "picture of the lineage refused",
            subject=model,
            expected="one topic of scoring.marts.lineage.TOPICS",
            got=", ".join(topics) or "none",
            next_step="Name there how the model's name begins.",
        )
    return topics[0]


def _kind(name: str) -> str:
    if name in TOPICS:
        return "topic"
    return "staging" if name.startswith("stg_") else "mart"


def _exposures(project: Path) -> dict[str, list[str]]:
    content = yaml.safe_load((project / "models" / "exposures.yml").read_text(encoding="utf-8"))
    return {
        exposure["name"]: [
            re.sub(r"ref\('(\w+)'\)", r"\1", read) for read in exposure["depends_on"]
        ]
        for exposure in content["exposures"]
    }
