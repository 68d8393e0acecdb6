-- No money is made on the way: what obligations count as paid is at most what was paid on them.
with paid as (
    select as_of_date, known_on, user_key, sum(paid_amount) as counted_amount
    from {{ ref('int_obligations') }}
    group by as_of_date, known_on, user_key
),

payments as (
    select as_of_date, known_on, user_key, sum(amount) as repayment_amount
    from {{ ref('int_repayments__resolved') }}
    where is_succeeded and held_reason is null
    group by as_of_date, known_on, user_key
)

select
    paid.user_key,
    paid.as_of_date
from paid
left join payments
    on
        {{ same_user_night('paid', 'payments') }}
where paid.counted_amount > coalesce(payments.repayment_amount, 0)
