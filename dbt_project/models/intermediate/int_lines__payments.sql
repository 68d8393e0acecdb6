{#- A view: what of int_repayments__resolved moves a line, and when. -#}
with payments as (
    -- A payment ahead of the bill it names acts on the day of that bill.
    select
        as_of_date,
        known_on,
        repayment_key,
        line_key,
        greatest(paid_date, named_statement_date) as event_date,
        amount
    from {{ ref('int_repayments__resolved') }}
    where
        line_key is not null
        and is_succeeded
        and held_reason is null
        and amount is not null
)

select * from payments
where event_date <= as_of_date
