{#- Payments and plans come after the bills of their day. -#}
{%- set after_bills = 1000000 -%}
{%- set line = 'as_of_date, known_on, line_key' -%}
with events as (
    select
        {{ line }}, statement_date as event_date, tie_number, statement_key,
        cast(0 as decimal(18, 2)) as covering_amount
    from {{ ref('int_statements__issued') }}
    union all
    select
        {{ line }}, event_date, {{ after_bills }} as tie_number,
        cast(null as bigint) as statement_key, amount as covering_amount
    from {{ ref('int_lines__payments') }}
    union all
    -- A plan covers like a payment: bills contain one another, whichever of them it names.
    select
        {{ line }}, event_date, {{ after_bills }} as tie_number,
        cast(null as bigint) as statement_key, converted_amount as covering_amount
    from {{ ref('int_statements__converted') }}
    where converted_amount > 0
),

ordered as (
    select
        *,
        row_number() over in_order as event_number,
        cast(sum(covering_amount) over from_here as decimal(18, 2)) as covered_since_amount,
        {{ last_known('statement_key') }} over until_here as newest_statement_key,
        lead(event_date) over in_order as next_date,
        lead(covering_amount) over in_order as next_covering_amount
    from events
    window
        in_order as (
            partition by as_of_date, line_key
            order by event_date, tie_number, covering_amount
        ),
        from_here as (
            partition by as_of_date, line_key
            order by event_date, tie_number, covering_amount
            rows between current row and unbounded following
        ),
        until_here as (
            partition by as_of_date, line_key
            order by event_date, tie_number, covering_amount
            rows between unbounded preceding and current row
        )
),

-- Only differences of the running total are ever used, so it may be counted from the end: that is
-- the one window that is cheap.
final as (
    select
        *,
        cast(covering_amount - covered_since_amount as decimal(18, 2)) as covered_amount
    from ordered
)

select * from final
