-- The largest group of a night, and most have one purchase.
with purchases as (
    select
        nights.as_of_date,
        transactions.user_key,
        transactions.merchant_key,
        {{ cents('transactions.amount') }} as cents,
        {{ days_between('nights.as_of_date', 'transactions.occurred_date') }} as days_ago
    {{ purchases_within(90) }}
),

sums as (
    select
        as_of_date,
        user_key,
        merchant_key,
        cast(sum(cents) as bigint) as cents,
        min(days_ago) as days_ago
    from purchases
    where merchant_key is not null
    group by as_of_date, user_key, merchant_key
),

merchants as (
    {{ by_person('sums', ['merchant_key'], {'cents': 'sum', 'days_ago': 'min'}) | indent(4) }}
),

totals as (
    select
        as_of_date,
        user_key,
        count(*) as merchant_count_90d,
        count(*) filter (where days_ago < 30) as merchant_count_30d,
        cast(sum(cents) as bigint) as cents,
        max(cents) as top_cents,
        sum({{ squared('cents') }}) as cents_squared
    from merchants
    group by as_of_date, user_key
),

final as (
    select
        totals.*,
        nights.known_on
    from totals
    inner join {{ source('ops', 'run_dates') }} as nights
        on totals.as_of_date = nights.as_of_date
)

select * from final
