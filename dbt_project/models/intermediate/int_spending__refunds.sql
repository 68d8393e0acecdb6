{%- set windows = [7, 30, 90, 180, 365] -%}
-- Refunds have rows of their own, or a purchase is marked as refunded and has none.
with movements as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        transactions.occurred_date,
        {{ cents('transactions.amount') }} as cents,
        transactions.is_refund,
        transactions.refunded_date,
        transactions.purchase_key,
        coalesce(transactions.void_date <= users.as_of_date, false) as is_void
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('int_users__resolved') }} as users
        on
            transactions.user_key = users.user_key
            and transactions.occurred_date <= users.as_of_date
            and transactions.occurred_date > {{ add_months('users.as_of_date', -24) }}
            and {{ is_known('transactions', 'users') }}
    where transactions.purchase_key is not null
),

-- What was refunded on a purchase that never happened was never spent either.
closed_purchases as (
    select as_of_date, purchase_key
    from movements
    where is_void and not is_refund
    group by as_of_date, purchase_key
),

-- Without a refund row the mark is a refund of all of it on the day of the mark.
refunded_purchases as (
    select as_of_date, purchase_key
    from movements
    where is_refund and not is_void
    group by as_of_date, purchase_key
),

refunds as (
    select
        movements.as_of_date,
        movements.known_on,
        movements.user_key,
        movements.occurred_date as refund_date,
        movements.cents
    from movements
    left join closed_purchases
        on
            movements.as_of_date = closed_purchases.as_of_date
            and movements.purchase_key = closed_purchases.purchase_key
    where
        movements.is_refund
        and not movements.is_void
        and closed_purchases.purchase_key is null
    union all
    select
        movements.as_of_date,
        movements.known_on,
        movements.user_key,
        movements.refunded_date as refund_date,
        movements.cents
    from movements
    left join refunded_purchases
        on
            movements.as_of_date = refunded_purchases.as_of_date
            and movements.purchase_key = refunded_purchases.purchase_key
    where
        movements.refunded_date <= movements.as_of_date
        and refunded_purchases.purchase_key is null
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
        {% for days in windows -%}
            {{ money('sum(case when days_ago < ' ~ days ~ ' then cents else 0 end)') }}
                as refund_amount_{{ days }}d,
        {% endfor -%}
        cast(sum(case when days_ago < 90 then 1 else 0 end) as bigint) as refund_count_90d
    from aged
    group by as_of_date, known_on, user_key
)

select * from final
