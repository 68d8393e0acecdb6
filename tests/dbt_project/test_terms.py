"""One definition per term: a column name means the same in every model, and says it by a doc block.

The sources are left out: what a feed calls its columns is told by ``scoring/landing/feeds``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

import yaml

from scoring.marts.dbt_runner import DBT_PROJECT

DIFFERENT_MEANINGS = {
    "amount": "of a transaction, of a payment, or of a group of purchases",
    "balance_amount": "of one line, or of all lines of a user",
    "category_code": "empty when not told; as a key of groups an empty text; of the seed a list",
    "converted_amount": "of one plan, or of the obligation that plans took over",
    "credit_limit": "the permanent limit of an account, or what a decision left",
    "full_date": "reached by the next payment after the bill, or by a later one",
    "is_open": "of a dispute not resolved, of a debt or an account still running",
    "limit_amount": "of one account on the night, or of a user's revolving lines on a day",
    "minimum_due": "as told, or with the derived minimum where none was told",
    "outstanding_amount": "of one obligation, or of a user",
    "principal_due": "as told, or the whole instalment where the parts are unknown",
    "required_date": "reached by the next payment after the bill, or by a later one",
    "settled_date": "of one instalment, or of a loan with its last one",
    "status": "of an account, or of a payment",
    "temporary_amount": "of one part of a limit, or of all parts on a day",
    "valid_from": "of a stretch of days by what stood at their ends, or of a band",
    "valid_to": "of a stretch of days by what stood at their ends, or of a band",
    "written_off_amount": "of one debt, or of a user",
}
"""Column -> its meanings, where one name is the clearest one for several."""

FOLDERS = ("models", "seeds")
_DOC = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
_BLOCK = re.compile(r"\{% docs (\w+) %\}(.+?)\{% enddocs %\}", re.DOTALL)

Meanings = dict[str, dict[str, str]]


def _described_columns() -> Meanings:
    """Column -> model or seed -> description as written."""
    meanings: Meanings = {}
    for path in sorted(chain(*(DBT_PROJECT.joinpath(name).rglob("*.yml") for name in FOLDERS))):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for node in content.get("models", []) + content.get("seeds", []):
            for column in node["columns"]:
                meanings.setdefault(column["name"], {})[node["name"]] = column["description"]
    return meanings


def _meaning(description: str) -> str:
    """The doc block a description begins with, or its own text; a mart adds its missing rule."""
    found = _DOC.match(description)
    return found.group() if found else description


def _offences(meanings: Meanings, allowed: Mapping[str, str]) -> Iterator[str]:
    for name, by_model in meanings.items():
        distinct = {_meaning(description) for description in by_model.values()}
        if len(distinct) > 1 and name not in allowed:
            yield f"{name} has {len(distinct)} meanings: {sorted(by_model)}"
        for text in distinct:
            models = [model for model in by_model if _meaning(by_model[model]) == text]
            if len(models) > 1 and not _DOC.match(text):
                yield f"{name} repeats a text in {sorted(models)}"
    for name in allowed:
        if len({_meaning(text) for text in meanings.get(name, {}).values()}) < 2:
            yield f"{name} is allowed several meanings and has none"


def _blocks() -> dict[str, str]:
    blocks: dict[str, str] = {}
    for path in sorted(DBT_PROJECT.joinpath("models").rglob("*.md")):
        for name, text in _BLOCK.findall(path.read_text(encoding="utf-8")):
            assert name not in blocks, f"{name} is defined twice"
            blocks[name] = text
    return blocks


def test_a_column_name_has_one_definition() -> None:
    meanings = _described_columns()
    assert len(meanings) > 300
    assert list(_offences(meanings, DIFFERENT_MEANINGS)) == []


def test_offences_are_recognised() -> None:
    doc = "{{ doc('known_on') }}"
    assert list(_offences({"a": {"m": doc, "n": f"{doc} (never empty)"}}, {})) == []
    assert list(_offences({"a": {"m": "One.", "n": "Other."}}, {})) == [
        "a has 2 meanings: ['m', 'n']"
    ]
    assert list(_offences({"a": {"m": "One.", "n": doc}}, {})) == ["a has 2 meanings: ['m', 'n']"]
    assert list(_offences({"a": {"m": "One.", "n": "Other."}}, {"a": "reason"})) == []
    assert list(_offences({"a": {"m": "One.", "n": "One."}}, {})) == [
        "a repeats a text in ['m', 'n']"
    ]
    assert list(_offences({"a": {"m": "One."}}, {"a": "reason"})) == [
        "a is allowed several meanings and has none"
    ]


def test_every_term_is_used_and_told_once() -> None:
    blocks = _blocks()
    texts = [text for by_model in _described_columns().values() for text in by_model.values()]
    assert {name for text in texts for name in _DOC.findall(text)} == set(blocks)
    assert len(set(blocks.values())) == len(blocks)
