{%- set user = 'as_of_date, known_on, user_key' -%}
with merchants as (
    select {{ user }}, merchant_key, sum(amount) as amount, max(is_in_30d) as is_in_30d
    from {{ ref('int_spending__groups') }}
    where merchant_key <> -1
    group by {{ user }}, merchant_key
),

by_merchant as (
    select
        {{ user }},
        count(*) as merchant_count_90d,
        sum(case when is_in_30d then 1 else 0 end) as merchant_count_30d,
        sum(amount) as amount,
        max(amount) as top_amount,
        sum({{ cents_squared('amount') }}) as cents_squared
    from merchants
    group by {{ user }}
),

categories as (
    select {{ user }}, category_code, sum(amount) as amount, max(is_in_30d) as is_in_30d
    from {{ ref('int_spending__groups') }}
    where category_code <> ''
    group by {{ user }}, category_code
),

by_category as (
    select
        categories.as_of_date,
        categories.known_on,
        categories.user_key,
        count(*) as category_count_90d,
        sum(case when categories.is_in_30d then 1 else 0 end) as category_count_30d,
        sum(categories.amount) as amount,
        sum(case when kinds.is_essential then categories.amount else 0 end) as essential_amount,
        sum({{ cents_squared('categories.amount') }}) as cents_squared
    from categories
    left join {{ ref('spending_categories') }} as kinds
        on categories.category_code = kinds.category_code
    group by categories.as_of_date, categories.known_on, categories.user_key
),

shares as (
    select
        categories.as_of_date,
        categories.known_on,
        categories.user_key,
        cast(1000 * {{ exact_division('categories.amount', 'by_category.amount', 3) }} as bigint)
            as per_mille
    from categories
    inner join by_category
        on
            {{ same_user_night('categories', 'by_category') }}
),

entropies as (
    select
        shares.as_of_date,
        shares.known_on,
        shares.user_key,
        sum(terms.term) as entropy
    from shares
    inner join {{ ref('entropy_terms') }} as terms
        on shares.per_mille = terms.per_mille
    group by shares.as_of_date, shares.known_on, shares.user_key
),

habits as (
    select
        {{ user }},
        sum(purchase_count) as purchase_count,
        sum(night_count) as night_count,
        sum(weekend_count) as weekend_count,
        sum(small_count) as small_count
    from {{ ref('int_spending__groups') }}
    group by {{ user }}
),

final as (
    select
        habits.as_of_date,
        habits.known_on,
        habits.user_key,
        cast(coalesce(by_merchant.merchant_count_30d, 0) as bigint) as merchant_count_30d,
        cast(coalesce(by_merchant.merchant_count_90d, 0) as bigint) as merchant_count_90d,
        cast(coalesce(by_category.category_count_30d, 0) as bigint) as category_count_30d,
        cast(coalesce(by_category.category_count_90d, 0) as bigint) as category_count_90d,
        {{ whole_ratio('by_merchant.cents_squared', cents_squared('by_merchant.amount')) }}
            as merchant_concentration_ratio,
        {{ whole_ratio('by_category.cents_squared', cents_squared('by_category.amount')) }}
            as category_concentration_ratio,
        {{ ratio('by_merchant.top_amount', 'by_merchant.amount') }} as top_merchant_ratio,
        {{ ratio('by_category.essential_amount', 'by_category.amount') }} as essential_ratio,
        cast(entropies.entropy as decimal(18, 6)) as category_entropy,
        {{ ratio('habits.night_count', 'habits.purchase_count') }} as night_ratio,
        {{ ratio('habits.weekend_count', 'habits.purchase_count') }} as weekend_ratio,
        {{ ratio('habits.small_count', 'habits.purchase_count') }} as small_ratio
    from habits
    left join by_merchant
        on
            {{ same_user_night('habits', 'by_merchant') }}
    left join by_category
        on
            {{ same_user_night('habits', 'by_category') }}
    left join entropies
        on
            {{ same_user_night('habits', 'entropies') }}
)

select * from final
