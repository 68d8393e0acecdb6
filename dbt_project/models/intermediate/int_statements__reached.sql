{%- set line = 'as_of_date, known_on, line_key' -%}
-- The first day on which the line's running total reaches what a bill needs: needs and payments
-- stand on one ladder, so that nobody has to pair every payment with every bill.
with needs as (
    select
        {{ line }},
        statement_key,
        'required' as need,
        covered_before + early_amount + required_amount as height
    from {{ ref('int_statements__billed') }}
    where is_required_later
    union all
    select
        {{ line }},
        statement_key,
        'full' as need,
        covered_before + amount_due as height
    from {{ ref('int_statements__billed') }}
    where is_full_later
),

needing_lines as (
    select {{ line }}
    from needs
    group by {{ line }}
),

ladder as (
    select
        {{ line }}, statement_key, need, 0 as position, height, cast(null as date) as event_date
    from needs
    union all
    select
        timeline.as_of_date, timeline.known_on, timeline.line_key,
        cast(null as bigint) as statement_key, '' as need, 1 as position,
        timeline.covered_amount as height, timeline.event_date
    from {{ ref('int_lines__timeline') }} as timeline
    inner join needing_lines
        on
            timeline.as_of_date = needing_lines.as_of_date
            and timeline.line_key = needing_lines.line_key
    where timeline.statement_key is null
),

rungs as (
    select
        *,
        min(event_date) over (
            partition by as_of_date, line_key
            order by height, position, event_date, statement_key, need
            rows between current row and unbounded following
        ) as reached_date
    from ladder
),

final as (
    select
        as_of_date,
        known_on,
        statement_key,
        min(case when need = 'required' then reached_date end) as required_date,
        min(case when need = 'full' then reached_date end) as full_date
    from rungs
    where statement_key is not null
    group by as_of_date, known_on, statement_key
)

select * from final
