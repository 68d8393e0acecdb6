-- Counted once from staging, the slow way, every purchase of the night is in exactly one block.
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
            and transactions.occurred_date > {{ add_days('users.as_of_date', -365) }}
            and {{ is_known('transactions', 'users') }}
    where
        transactions.is_purchase
        and (transactions.void_date is null or transactions.void_date > users.as_of_date)
    group by users.as_of_date, users.known_on, users.surviving_key
),

blocks as (
    select as_of_date, known_on, user_key, cast(sum(cents) as decimal(18, 0)) / 100 as amount
    from {{ ref('int_spending__blocks') }}
    group by as_of_date, known_on, user_key
)

select purchases.user_key
from purchases
left join blocks
    on
        {{ same_user_night('purchases', 'blocks') }}
where purchases.amount <> coalesce(blocks.amount, 0)
