-- What tells no category has an empty one: habits are those of all purchases.
with purchases as (
    select
        nights.as_of_date,
        transactions.user_key,
        coalesce(transactions.category_code, '') as category_code,
        {{ cents('transactions.amount') }} as cents,
        transactions.is_night,
        transactions.is_paylater,
        transactions.is_installment,
        -- 1 January 2000 was a Saturday.
        {{ days_between('transactions.occurred_date', "cast('2000-01-01' as date)") }} % 7 < 2
            as is_weekend,
        {{ days_between('nights.as_of_date', 'transactions.occurred_date') }} as days_ago
    {{ purchases_within(90) }}
),

sums as (
    select
        as_of_date,
        user_key,
        category_code,
        cast(sum(cents) as bigint) as cents,
        min(days_ago) as last_days_ago,
        count(*) as purchase_count,
        {% for name, condition in {
            'night': 'is_night', 'weekend': 'is_weekend', 'small': 'cents < 5000',
            'paylater': 'is_paylater',
        }.items() -%}
            count(*) filter (where {{ condition }}) as {{ name }}_count,
        {% endfor -%}
        cast(sum(case when is_installment then cents else 0 end) as bigint) as installment_cents
    from purchases
    group by as_of_date, user_key, category_code
),

categories as (
    {{ by_person('sums', ['category_code'], {
        'cents': 'sum', 'last_days_ago': 'min', 'purchase_count': 'sum', 'night_count': 'sum',
        'weekend_count': 'sum', 'small_count': 'sum', 'paylater_count': 'sum',
        'installment_cents': 'sum',
    }) | indent(4) }}
),

final as (
    select
        categories.*,
        nights.known_on
    from categories
    inner join {{ source('ops', 'run_dates') }} as nights
        on categories.as_of_date = nights.as_of_date
)

select * from final
