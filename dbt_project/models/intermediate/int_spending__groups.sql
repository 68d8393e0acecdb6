-- A user's purchases of 90 days by merchant and category, the steps below breadth and habits.
with purchases as (
    select
        nights.as_of_date,
        coalesce(merged.surviving_key, transactions.user_key) as user_key,
        coalesce(transactions.merchant_key, -1) as merchant_key,
        coalesce(transactions.category_code, '') as category_code,
        transactions.amount,
        transactions.is_night,
        transactions.occurred_date,
        transactions.occurred_date > {{ add_days('nights.as_of_date', -30) }} as is_in_30d
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
    where transactions.is_purchase
),

groups as (
    select
        as_of_date,
        user_key,
        merchant_key,
        category_code,
        cast(sum(amount) as decimal(18, 2)) as amount,
        max(case when is_in_30d then 1 else 0 end) as is_in_30d,
        count(*) as purchase_count,
        sum(case when is_night then 1 else 0 end) as night_count,
        -- 1 January 2000 was a Saturday.
        sum(case
            when {{ days_between('occurred_date', "cast('2000-01-01' as date)") }} % 7 < 2
                then 1
            else 0
        end) as weekend_count,
        sum(case when amount < 50 then 1 else 0 end) as small_count
    from purchases
    group by as_of_date, user_key, merchant_key, category_code
),

final as (
    select
        groups.as_of_date,
        nights.known_on,
        groups.user_key,
        groups.merchant_key,
        groups.category_code,
        groups.amount,
        groups.is_in_30d = 1 as is_in_30d,
        cast(groups.purchase_count as bigint) as purchase_count,
        cast(groups.night_count as bigint) as night_count,
        cast(groups.weekend_count as bigint) as weekend_count,
        cast(groups.small_count as bigint) as small_count
    from groups
    inner join {{ source('ops', 'run_dates') }} as nights
        on groups.as_of_date = nights.as_of_date
)

select * from final
