-- What tells no category has an empty one: habits are those of all purchases.
with purchases as (
    select
        nights.as_of_date,
        nights.known_on,
        coalesce(merged.surviving_key, transactions.user_key) as user_key,
        coalesce(transactions.category_code, '') as category_code,
        transactions.amount,
        transactions.is_night,
        transactions.is_paylater,
        transactions.is_installment,
        -- 1 January 2000 was a Saturday.
        {{ days_between('transactions.occurred_date', "cast('2000-01-01' as date)") }} % 7 < 2
            as is_weekend,
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
    where transactions.is_purchase
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        category_code,
        cast(sum(amount) as decimal(18, 2)) as amount,
        min(days_ago) as last_days_ago,
        count(*) as purchase_count,
        {% for name, condition in {
            'night': 'is_night', 'weekend': 'is_weekend', 'small': 'amount < 50',
            'paylater': 'is_paylater',
        }.items() -%}
            cast(sum(case when {{ condition }} then 1 else 0 end) as bigint) as {{ name }}_count,
        {% endfor -%}
        cast(sum(case when is_installment then amount else 0 end) as decimal(18, 2))
            as installment_amount
    from purchases
    group by as_of_date, known_on, user_key, category_code
)

select * from final
