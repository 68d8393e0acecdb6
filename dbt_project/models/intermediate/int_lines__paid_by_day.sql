{%- set line = 'as_of_date, known_on, line_key' -%}
with payments as (
    -- A payment ahead of the bill it names acts on the day of that bill.
    select
        {{ line }},
        greatest(paid_date, named_statement_date) as event_date,
        amount
    from {{ ref('int_repayments__resolved') }}
    where
        line_key is not null
        and is_succeeded
        and held_reason is null
        and amount is not null
),

final as (
    select
        {{ line }},
        event_date,
        cast(sum(amount) as decimal(18, 2)) as payment_amount
    from payments
    where event_date <= as_of_date
    group by {{ line }}, event_date
)

select * from final
