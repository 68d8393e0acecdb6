{%- set line = 'as_of_date, known_on, line_key' -%}
with movements as (
    -- A payment ahead of the bill it names acts on the day of that bill.
    select
        {{ line }},
        greatest(paid_date, named_statement_date) as event_date,
        amount as payment_amount,
        cast(0 as decimal(18, 2)) as conversion_amount
    from {{ ref('int_repayments__resolved') }}
    where
        line_key is not null
        and is_succeeded
        and held_reason is null
        and amount is not null
    union all
    -- Until its last day a plan lowers what the bill asks for; later it works like a payment.
    select
        {{ line }},
        disbursed_date as event_date,
        cast(0 as decimal(18, 2)) as payment_amount,
        converted_amount as conversion_amount
    from {{ ref('int_statements__converted') }}
    where not is_before_due
),

days as (
    select
        {{ line }},
        event_date,
        sum(payment_amount) as payment_amount,
        sum(payment_amount + conversion_amount) as covering_amount
    from movements
    where event_date <= as_of_date
    group by {{ line }}, event_date
),

final as (
    select
        {{ line }},
        event_date,
        cast(payment_amount as decimal(18, 2)) as payment_amount,
        cast(covering_amount as decimal(18, 2)) as covering_amount,
        cast(sum(covering_amount) over (
            partition by {{ line }}
            order by event_date
            rows between unbounded preceding and current row
        ) as decimal(18, 2)) as covered_to_date
    from days
)

select * from final
