-- Counted once from staging, the slow way, every purchase of the night is in exactly one band.
{{ config(tags=['suite']) }}
with purchases as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        sum(transactions.amount) as amount
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('int_users__resolved') }} as users
        on
            transactions.user_key = users.user_key
            and transactions.occurred_date <= users.as_of_date
            and {{ is_known('transactions', 'users') }}
    where
        transactions.direction = 'out'
        and transactions.refund_of is null
        and not (
            transactions.status = 'closed'
            and coalesce(transactions.status_date, transactions.occurred_date)
            <= users.as_of_date
        )
    group by users.as_of_date, users.known_on, users.surviving_key
),

bands as (
    select as_of_date, known_on, user_key, sum(purchase_amount) as amount
    from {{ ref('int_spending__bands') }}
    group by as_of_date, known_on, user_key
)

select
    coalesce(purchases.user_key, bands.user_key) as user_key
from purchases
full outer join bands
    on
        {{ same_user_night('purchases', 'bands') }}
where coalesce(purchases.amount, 0) <> coalesce(bands.amount, 0)
