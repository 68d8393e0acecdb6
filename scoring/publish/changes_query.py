"""The rows of ``score_changes`` for a night, as a query."""

from __future__ import annotations

from scoring.publish.columns import ADDED_CHANGE_COLUMNS, CHANGE_PARTS
from scoring.publish.manifest import PublishedFile

_CAUSES = "scores.score_changes"
_CHANGE = "current_scores.score - previous_scores.score"
_CLIPPED = "current_scores.points_clipped - previous_scores.points_clipped"
_JUDGED_HERE = ("change_status", "change_undivided")


def changes_query(
    current: str, before: str, scores: PublishedFile, previous: PublishedFile | None
) -> str:
    """How the scores of a night differ from those of the night before it, and why.

    The causes are those that the step ``score`` found for these two readings. Where it found none,
    or for other scores than the published ones, the difference stays undivided.

    Args:
        current: ``from ...``, the night's published scores.
        before: ``from ...``, those of the night before it; no rows if there is none.
        scores: The file of the night.
        previous: The file of the night before it.
    """
    day = f"date '{previous.as_of_date}'" if previous else "null::date"
    known_on = f"date '{previous.known_on}'" if previous else "null::date"
    causes = [f"causes.{name}" for name in ADDED_CHANGE_COLUMNS if name not in _JUDGED_HERE]
    return f"""
        with current_scores as ({current}),

        previous_scores as ({before}),

        causes as (
            select *
            from {_CAUSES}
            where as_of_date = date '{scores.as_of_date}'
                and known_on = date '{scores.known_on}'
                and previous_as_of_date = {day}
                and previous_known_on = {known_on}
                and change_status <> 'not_compared'
        )

        select
            current_scores.user_key,
            current_scores.as_of_date,
            current_scores.known_on,
            {day} as previous_as_of_date,
            {known_on} as previous_known_on,
            current_scores.score,
            previous_scores.score as previous_score,
            {_CHANGE} as score_change,
            {_parts()},
            case
                when {_CHANGE} is null then 'not_compared'
                else coalesce(causes.change_status, 'undivided')
            end as change_status,
            case
                when causes.user_key is not null then causes.change_undivided
                else {_CHANGE} - ({_CLIPPED})
            end as change_undivided,
            {", ".join(causes)}
        from current_scores
        left join previous_scores on current_scores.user_key = previous_scores.user_key
        left join causes
            on current_scores.user_key = causes.user_key
            and causes.score_change = {_CHANGE}
            and causes.change_clipped = {_CLIPPED}
    """


def _parts() -> str:
    """The difference by dimension; empty when either side is unscored."""
    both = "current_scores.score is not null and previous_scores.score is not null"
    return ", ".join(
        f"case when {both} then current_scores.points_{part} - previous_scores.points_{part} "
        f"end as change_{part}"
        for part in CHANGE_PARTS
    )
