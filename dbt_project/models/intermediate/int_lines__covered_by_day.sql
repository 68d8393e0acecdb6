{%- set line = 'as_of_date, known_on, line_key' -%}
with movements as (
    select {{ line }}, event_date, payment_amount, payment_amount as covering_amount
    from {{ ref('int_lines__paid_by_day') }}
    union all
    -- A plan covers like a payment: bills contain one another, whichever of them it names.
    select
        {{ line }},
        event_date,
        cast(0 as decimal(18, 2)) as payment_amount,
        converted_amount as covering_amount
    from {{ ref('int_statements__converted') }}
),

days as (
    select
        {{ line }},
        event_date,
        sum(payment_amount) as payment_amount,
        sum(covering_amount) as covering_amount
    from movements
    group by {{ line }}, event_date
),

final as (
    select
        {{ line }},
        event_date,
        cast(payment_amount as decimal(18, 2)) as payment_amount,
        cast(covering_amount as decimal(18, 2)) as covering_amount,
        cast(sum(covering_amount) over (
            partition by as_of_date, line_key
            order by event_date
            rows between unbounded preceding and current row
        ) as decimal(18, 2)) as covered_to_date
    from days
)

select * from final
