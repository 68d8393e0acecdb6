"""A card as SQL: one query that gives, row by row, what ``score_batch`` gives.

The query reads a relation with the same columns. It is text only; nothing here runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scoring.cards.card import Card, CardFeature
from scoring.cards.checks import RULE_LABELS
from scoring.score.evidence import DAYS_COLUMN, MONTHS_COLUMN
from scoring.score.sql_dialects import Dialect, dialect_of, edge_sql
from scoring.score.sql_evidence import count_columns, final_columns, open_columns, sum_columns
from scoring.score.status import INSUFFICIENT_HISTORY, NO_CONSENT, NO_CONSENT_REASON, SCORED

MISSING_LABEL, UNSEEN_LABEL = RULE_LABELS


def card_query(
    card: Card,
    engine: str,
    relation: str = "features",
    keys: Sequence[str] = ("user_key",),
    *,
    details: bool = True,
) -> str:
    """The query of a card over a relation with the features.

    Args:
        card: A checked card.
        engine: ``duckdb``, ``spark`` or ``dbt``.
        relation: What stands behind ``from``; has ``keys``, ``has_scoring_consent`` and every
            feature that the card or its scorability rules name (for a card with a part ``evidence``
            also ``months_on_book`` and ``evidence_days``).
        keys: Columns, as written in SQL, that are handed through.
        details: Whether each feature's value, bin, index of the bin and points come along.

    Returns:
        A ``select`` without a semicolon. One row per row of the relation: the keys, ``score``,
        ``score_status``, ``score_status_reason``, ``points_base``, ``points_<dimension>``,
        ``points_clipped``; for a card with a part ``evidence`` ``score_low``, ``score_high`` and
        ``evidence_strength``; with details, for each feature F, ``F_value`` (DECIMAL(18,6)),
        ``F_bin`` (its label, ``missing`` or ``unseen``), ``F_bin_index`` (from 0, NULL outside the
        bins) and ``F_points``. NULL is what NULL is in ``score_batch``.

    Raises:
        ConfigurationError: No such engine, or a name or text that it cannot write.
    """
    dialect = dialect_of(engine)
    numbers = [*(rule.feature_name for rule in card.scorability)]
    numbers += [feature.feature_name for feature in card.features]
    numbers += [MONTHS_COLUMN, DAYS_COLUMN] if card.evidence is not None else []
    stages = {
        "numbers": (_numbers(dialect, keys, dict.fromkeys(numbers)), relation),
        "statuses": (_statuses(card, dialect), "numbers"),
        "earned": (_earned(card, dialect, keys, details=details), "statuses"),
        "added": (_added(card, dialect), "earned"),
        "totalled": (_totalled(card), "added"),
    }
    texts = [
        f"{name} as (\n    select\n{_columns(columns, 8)}\n    from {source}\n)"
        for name, (columns, source) in stages.items()
    ]
    stages_text = ",\n\n".join(texts)
    final = _columns(_final(card, dialect, keys, details=details), 4)
    return f"with {stages_text}\n\nselect\n{final}\nfrom totalled"


def points_sql(feature: CardFeature, dialect: Dialect) -> str:
    """The points of a feature, from the columns of the stage ``statuses``."""
    return _case(
        feature,
        dialect,
        inside=[str(part.points) for part in feature.bins],
        missing=str(feature.missing.points),
        unseen=str(feature.unseen.points),
    )


def _case(
    feature: CardFeature, dialect: Dialect, *, inside: Sequence[str], missing: str, unseen: str
) -> str:
    """A choice by the value: NULL, no usable number, below the bins, each bin, beyond them."""
    value = dialect.identifier(f"{feature.feature_name}_value")
    lines = [
        "when not is_scored then null",
        f"when {dialect.identifier(f'{feature.feature_name}_is_missing')} then {missing}",
        f"when {value} is null then {unseen}",
    ]
    if feature.bins[0].lower is not None:
        lines.append(f"when {value} < {edge_sql(feature.bins[0].lower)} then {unseen}")
    lines += [
        f"when {value} < {edge_sql(part.upper)} then {answer}"
        for part, answer in zip(feature.bins, inside, strict=True)
        if part.upper is not None
    ]
    lines.append(f"else {inside[-1] if feature.bins[-1].upper is None else unseen}")
    return "case\n" + "\n".join(f"    {line}" for line in lines) + "\nend"


def _numbers(dialect: Dialect, keys: Sequence[str], names: Iterable[str]) -> list[str]:
    columns = [*keys, "coalesce(has_scoring_consent, false) as has_consent"]
    for name in names:
        is_missing = dialect.identifier(f"{name}_is_missing")
        columns.append(f"{dialect.identifier(name)} is null as {is_missing}")
        columns.append(f"{dialect.number(name)} as {dialect.identifier(f'{name}_value')}")
    return columns


def _statuses(card: Card, dialect: Dialect) -> list[str]:
    reasons = [f"when not has_consent then {dialect.literal(NO_CONSENT_REASON)}"]
    holds = ["has_consent"]
    for rule in card.scorability:
        value = dialect.identifier(f"{rule.feature_name}_value")
        enough = f"coalesce({value} >= {edge_sql(rule.minimum)}, false)"
        text = dialect.literal(f"{rule.reason_zh} / {rule.reason_en}")
        reasons.append(f"when not {enough} then {text}")
        holds.append(enough)
    lines = "\n".join(f"    {line}" for line in reasons)
    return [
        "*",
        f"{' and '.join(holds)} as is_scored",
        f"case\n{lines}\nend as score_status_reason",
        *(count_columns(dialect) if card.evidence is not None else []),
    ]


def _earned(card: Card, dialect: Dialect, keys: Sequence[str], *, details: bool) -> list[str]:
    status = (
        f"case\n    when is_scored then '{SCORED}'\n    when has_consent then"
        f" '{INSUFFICIENT_HISTORY}'\n    else '{NO_CONSENT}'\nend as score_status"
    )
    columns = [*keys, "is_scored", status, "score_status_reason"]
    if card.evidence is not None:
        columns += open_columns(card, card.evidence, dialect)
    for feature in card.features:
        if details:
            columns += _details(feature, dialect)
        name = dialect.identifier(f"{feature.feature_name}_points")
        columns.append(f"{points_sql(feature, dialect)} as {name}")
    return columns


def _details(feature: CardFeature, dialect: Dialect) -> list[str]:
    value = dialect.identifier(f"{feature.feature_name}_value")
    labels = [dialect.literal(part.label) for part in feature.bins]
    bins = _case(
        feature,
        dialect,
        inside=labels,
        missing=dialect.literal(MISSING_LABEL),
        unseen=dialect.literal(UNSEEN_LABEL),
    )
    indices = [str(number) for number in range(len(labels))]
    index = _case(feature, dialect, inside=indices, missing="null", unseen="null")
    return [
        f"case when is_scored then {value} end as {value}",
        f"{bins} as {dialect.identifier(f'{feature.feature_name}_bin')}",
        f"{index} as {dialect.identifier(f'{feature.feature_name}_bin_index')}",
    ]


def _added(card: Card, dialect: Dialect) -> list[str]:
    columns = ["*"]
    for entry in card.dimensions:
        mine = [
            dialect.identifier(f"{feature.feature_name}_points")
            for feature in card.features
            if feature.dimension == entry.dimension
        ]
        total = " + ".join(mine) or "case when is_scored then 0 end"
        columns.append(f"{total} as points_{entry.dimension}")
    if card.evidence is not None:
        columns += sum_columns(card, card.evidence, dialect)
    return columns


def _totalled(card: Card) -> list[str]:
    dimensions = "".join(f" + points_{entry.dimension}" for entry in card.dimensions)
    return ["*", f"{card.base_points}{dimensions} as points_total"]


def _final(card: Card, dialect: Dialect, keys: Sequence[str], *, details: bool) -> list[str]:
    limits = card.score_range
    score = f"least(greatest(points_total, {limits.minimum}), {limits.maximum})"
    columns = [
        *keys,
        f"case when is_scored then {score} end as score",
        "score_status",
        "score_status_reason",
        f"case when is_scored then {card.base_points} end as points_base",
        *(f"points_{entry.dimension}" for entry in card.dimensions),
        f"case when is_scored then {score} - points_total end as points_clipped",
        *(final_columns(card) if card.evidence is not None else []),
    ]
    if details:
        columns += [
            dialect.identifier(f"{feature.feature_name}_{part}")
            for feature in card.features
            for part in ("value", "bin", "bin_index", "points")
        ]
    return columns


def _columns(columns: Sequence[str], indent: int) -> str:
    pad = " " * indent
    return ",\n".join(pad + column.replace("\n", f"\n{pad}") for column in columns)
