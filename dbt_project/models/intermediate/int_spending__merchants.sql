-- Summed in whole cents: this is the largest group of a night, and most have one purchase.
with purchases as (
    select
        nights.as_of_date,
        nights.known_on,
        coalesce(merged.surviving_key, transactions.user_key) as user_key,
        transactions.merchant_key,
        cast(transactions.amount * 100 as bigint) as cents,
        {{ days_between('nights.as_of_date', 'transactions.occurred_date') }} as days_ago
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ source('ops', 'run_dates') }} as nights
        on
            transactions.occurred_date <= nights.as_of_date
            and transactions.occurred_date > {{ add_days('nights.as_of_date', -90) }}
            and (transactions.void_date is null or nights.as_of_date < transactions.void_date)
            and {{ is_known('transactions', 'nights') }}
    left join {{ ref('int_users__merged') }} as merged
        on
            nights.as_of_date = merged.as_of_date
            and transactions.user_key = merged.user_key
    where transactions.is_purchase and transactions.merchant_key is not null
),

merchants as (
    select
        as_of_date,
        known_on,
        user_key,
        merchant_key,
        cast(sum(cents) as bigint) as cents,
        min(days_ago) as days_ago
    from purchases
    group by as_of_date, known_on, user_key, merchant_key
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        count(*) as merchant_count_90d,
        sum(case when days_ago < 30 then 1 else 0 end) as merchant_count_30d,
        sum(cents) as cents,
        max(cents) as top_cents,
        sum({{ squared('cents') }}) as cents_squared
    from merchants
    group by as_of_date, known_on, user_key
)

select * from final
