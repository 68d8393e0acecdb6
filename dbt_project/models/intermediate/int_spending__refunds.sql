-- Refunds have rows of their own, or a purchase is marked as refunded and has none.
with movements as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        transactions.occurred_date,
        transactions.amount,
        transactions.is_refund,
        transactions.refunded_date,
        transactions.purchase_id,
        coalesce(transactions.void_date <= users.as_of_date, false) as is_void
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('int_users__resolved') }} as users
        on
            transactions.user_key = users.user_key
            and transactions.occurred_date <= users.as_of_date
            and transactions.occurred_date > {{ add_months('users.as_of_date', -24) }}
            and {{ is_known('transactions', 'users') }}
    where transactions.purchase_id is not null
),

purchases as (
    select
        as_of_date,
        purchase_id,
        max(case when is_void and not is_refund then 1 else 0 end) as is_closed,
        max(case when is_refund and not is_void then 1 else 0 end) as has_refund_row
    from movements
    group by as_of_date, purchase_id
),

refunds as (
    -- What was refunded on a purchase that never happened was never spent either.
    select
        movements.as_of_date,
        movements.known_on,
        movements.user_key,
        movements.occurred_date as refund_date,
        movements.amount
    from movements
    inner join purchases
        on
            movements.as_of_date = purchases.as_of_date
            and movements.purchase_id = purchases.purchase_id
    where movements.is_refund and not movements.is_void and purchases.is_closed = 0
    union all
    -- Without a refund row it is a refund of all of it on the day of the mark.
    select
        movements.as_of_date,
        movements.known_on,
        movements.user_key,
        movements.refunded_date as refund_date,
        movements.amount
    from movements
    inner join purchases
        on
            movements.as_of_date = purchases.as_of_date
            and movements.purchase_id = purchases.purchase_id
    where movements.refunded_date <= movements.as_of_date and purchases.has_refund_row = 0
),

aged as (
    select
        *,
        {{ days_between('as_of_date', 'refund_date') }} as days_ago
    from refunds
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for days in [7, 30, 90, 180, 365] -%}
            cast(sum(case when days_ago < {{ days }} then amount else 0 end) as decimal(18, 2))
                as refund_amount_{{ days }}d,
        {% endfor -%}
        cast(sum(case when days_ago < 90 then 1 else 0 end) as bigint) as refund_count_90d
    from aged
    group by as_of_date, known_on, user_key
)

select * from final
