{%- set user = 'as_of_date, known_on, user_key' -%}
with known_categories as (
    select * from {{ ref('int_spending__categories') }}
    where category_code <> ''
),

by_category as (
    select
        categories.as_of_date,
        categories.known_on,
        categories.user_key,
        count(*) as category_count_90d,
        sum(case when categories.last_days_ago < 30 then 1 else 0 end) as category_count_30d,
        cast(sum(categories.cents) as bigint) as cents,
        cast(sum(case when kinds.is_essential then categories.cents else 0 end) as bigint)
            as essential_cents,
        sum({{ squared('categories.cents') }}) as cents_squared
    from known_categories as categories
    left join {{ ref('spending_categories') }} as kinds
        on categories.category_code = kinds.category_code
    group by categories.as_of_date, categories.known_on, categories.user_key
),

shares as (
    select
        categories.as_of_date,
        categories.known_on,
        categories.user_key,
        cast(1000 * {{ exact_division('categories.cents', 'by_category.cents', 3) }} as bigint)
            as per_mille
    from known_categories as categories
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
        sum(small_count) as small_count,
        sum(paylater_count) as paylater_count,
        cast(sum(installment_cents) as bigint) as installment_cents
    from {{ ref('int_spending__categories') }}
    group by {{ user }}
),

final as (
    select
        habits.as_of_date,
        habits.known_on,
        habits.user_key,
        cast(habits.paylater_count as bigint) as paylater_count,
        {{ money('habits.installment_cents') }} as installment_amount,
        cast(coalesce(merchants.merchant_count_30d, 0) as bigint) as merchant_count_30d,
        cast(coalesce(merchants.merchant_count_90d, 0) as bigint) as merchant_count_90d,
        cast(coalesce(by_category.category_count_30d, 0) as bigint) as category_count_30d,
        cast(coalesce(by_category.category_count_90d, 0) as bigint) as category_count_90d,
        {{ whole_ratio('merchants.cents_squared', squared('merchants.cents')) }}
            as merchant_concentration_ratio,
        {{ whole_ratio('by_category.cents_squared', squared('by_category.cents')) }}
            as category_concentration_ratio,
        {{ whole_ratio('merchants.top_cents', 'merchants.cents') }} as top_merchant_ratio,
        {{ ratio('by_category.essential_cents', 'by_category.cents') }} as essential_ratio,
        cast(entropies.entropy as decimal(18, 6)) as category_entropy,
        {{ ratio('habits.night_count', 'habits.purchase_count') }} as night_ratio,
        {{ ratio('habits.weekend_count', 'habits.purchase_count') }} as weekend_ratio,
        {{ ratio('habits.small_count', 'habits.purchase_count') }} as small_ratio
    from habits
    left join {{ ref('int_spending__merchants') }} as merchants
        on
            {{ same_user_night('habits', 'merchants') }}
    left join by_category
        on
            {{ same_user_night('habits', 'by_category') }}
    left join entropies
        on
            {{ same_user_night('habits', 'entropies') }}
)

select * from final
