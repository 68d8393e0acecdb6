{%- set line = 'as_of_date, known_on, line_key' -%}
with plans as (
    select
        as_of_date,
        known_on,
        statement_id,
        converted_amount,
        case when is_before_due then converted_amount else 0 end as early_amount
    from {{ ref('int_statements__converted') }}
    union all
    -- What is taken over of an older bill is taken off the newest one, which contains it.
    select
        as_of_date,
        known_on,
        newest_statement_id as statement_id,
        converted_amount,
        0 as early_amount
    from {{ ref('int_statements__converted') }}
    where newest_statement_id <> statement_id
),

converted as (
    select
        as_of_date,
        known_on,
        statement_id,
        sum(early_amount) as early_amount,
        sum(converted_amount) as converted_amount
    from plans
    group by as_of_date, known_on, statement_id
),

issued as (
    select
        statements.*,
        greatest(statements.amount_due, 0) as positive_due_amount,
        coalesce(converted.early_amount, 0) as early_amount,
        coalesce(converted.converted_amount, 0) as converted_amount
    from {{ ref('int_statements__known') }} as statements
    left join converted
        on
            statements.as_of_date = converted.as_of_date
            and statements.statement_id = converted.statement_id
    where statements.statement_date <= statements.as_of_date
),

events as (
    select
        {{ line }},
        statement_date as event_date,
        0 as position,
        statement_id,
        cast(0 as decimal(18, 2)) as payment_amount,
        cast(0 as decimal(18, 2)) as covering_amount
    from issued
    union all
    select
        {{ line }},
        event_date,
        1 as position,
        '' as statement_id,
        payment_amount,
        covering_amount
    from {{ ref('int_lines__covered_by_day') }}
),

-- The line's running totals as each bill is issued: payments of that day come after it.
timeline as (
    select
        {{ line }},
        statement_id,
        position,
        sum(payment_amount) over until_here as payments_before,
        sum(covering_amount) over until_here as covered_before,
        sum(payment_amount) over whole_line as payments_total,
        sum(covering_amount) over whole_line as covered_total
    from events
    window
        until_here as (
            partition by as_of_date, line_key
            order by event_date, position, statement_id
            rows between unbounded preceding and current row
        ),
        whole_line as (partition by as_of_date, line_key)
),

final as (
    select
        issued.as_of_date,
        issued.known_on,
        issued.line_key,
        issued.statement_id,
        issued.user_key,
        issued.product,
        issued.family,
        issued.statement_date,
        issued.due_date,
        issued.last_on_time_date,
        cast(issued.positive_due_amount as decimal(18, 2)) as amount_due,
        cast(least(issued.converted_amount, issued.positive_due_amount) as decimal(18, 2))
            as converted_amount,
        cast(issued.early_amount as decimal(18, 2)) as early_amount,
        issued.minimum_due,
        issued.written_off_amount,
        issued.reported_dpd,
        cast(timeline.covered_before as decimal(18, 2)) as covered_before,
        cast(timeline.covered_total - timeline.covered_before as decimal(18, 2))
            as covered_since_amount,
        cast(
            lead(timeline.payments_before, 1, timeline.payments_total) over (next_bills)
            - timeline.payments_before as decimal(18, 2)
        ) as paid_until_next_amount,
        lead(issued.statement_date) over next_bills as next_statement_date
    from issued
    inner join timeline
        on
            issued.as_of_date = timeline.as_of_date
            and issued.line_key = timeline.line_key
            and issued.statement_id = timeline.statement_id
            and timeline.position = 0
    window next_bills as (
        partition by issued.as_of_date, issued.line_key
        order by issued.statement_date, issued.due_date, issued.statement_id
    )
)

select * from final
