{%- set user = 'as_of_date, known_on, user_key' -%}
with limits as (
    select
        {{ user }},
        valid_from,
        coalesce(valid_to, {{ add_days('as_of_date', 1) }}) as valid_to,
        limit_amount,
        {{ add_days('as_of_date', -364) }} as first_date_365d,
        {{ add_days('as_of_date', -89) }} as first_date_90d
    from {{ ref('int_limits__by_day') }}
    where limit_amount > 0
),

balances as (
    select
        {{ user }},
        valid_from,
        coalesce(valid_to, {{ add_days('as_of_date', 1) }}) as valid_to,
        balance_amount
    from {{ ref('int_users__balances') }}
),

-- Days on which both stood still. A limit under which nothing was open is one such stretch.
shared as (
    select
        limits.as_of_date,
        limits.known_on,
        limits.user_key,
        limits.valid_from as limit_from,
        limits.valid_to as limit_to,
        limits.limit_amount,
        limits.first_date_365d,
        limits.first_date_90d,
        greatest(limits.valid_from, balances.valid_from) as valid_from,
        least(limits.valid_to, balances.valid_to) as valid_to,
        coalesce(balances.balance_amount, 0) as balance_amount
    from limits
    left join balances
        on
            {{ same_user_night('limits', 'balances') }}
            and limits.valid_from < balances.valid_to
            and balances.valid_from < limits.valid_to
),

-- Tenths of the limit that are reached; DuckDB would keep the products within 18 digits.
stretches as (
    select
        {{ user }},
        limit_from,
        limit_amount,
        balance_amount,
        case
            when balance_amount >= limit_amount then 10
            when
                10 * cast(balance_amount as decimal(28, 2))
                >= 9 * cast(limit_amount as decimal(28, 2)) then 9
            when
                10 * cast(balance_amount as decimal(28, 2))
                >= 8 * cast(limit_amount as decimal(28, 2)) then 8
            else 0
        end as tenths,
        {{ days_within('valid_from', 'valid_to', 'first_date_365d') }} as days_365d,
        {{ days_within('valid_from', 'valid_to', 'first_date_90d') }} as days_90d,
        {{ days_within('limit_from', 'limit_to', 'first_date_365d') }} as limit_days_365d,
        {{ days_within('limit_from', 'limit_to', 'first_date_90d') }} as limit_days_90d
    from shared
),

-- One division per limit instead of one per stretch.
uses as (
    select
        {{ user }},
        limit_from,
        limit_amount,
        limit_days_365d,
        limit_days_90d,
        max(case when days_365d > 0 then balance_amount else 0 end) as peak_amount_365d,
        max(case when days_90d > 0 then balance_amount else 0 end) as peak_amount_90d,
        sum({{ amount_days('balance_amount', 'days_365d') }}) as balance_days_365d,
        sum({{ amount_days('balance_amount', 'days_90d') }}) as balance_days_90d,
        sum(case when tenths >= 8 then days_365d else 0 end) as days_80_365d,
        sum(case when tenths >= 9 then days_365d else 0 end) as days_90_365d,
        sum(case when tenths >= 10 then days_365d else 0 end) as days_100_365d,
        sum(case when tenths >= 8 then days_90d else 0 end) as days_80_90d,
        sum(case when tenths >= 9 then days_90d else 0 end) as days_90_90d
    from stretches
    group by {{ user }}, limit_from, limit_amount, limit_days_365d, limit_days_90d
),

sums as (
    select
        {{ user }},
        {% for window in ['90d', '365d'] -%}
            max(case
                when limit_days_{{ window }} > 0
                    then {{ ratio(
                        'least(peak_amount_' ~ window ~ ', limit_amount)', 'limit_amount'
                    ) }}
            end) as peak_ratio_{{ window }},
            sum(balance_days_{{ window }}) as balance_days_{{ window }},
            sum({{ amount_days('limit_amount', 'limit_days_' ~ window) }})
                as limit_days_{{ window }},
        {% endfor -%}
        sum(days_80_90d) as days_80_90d,
        sum(days_90_90d) as days_90_90d,
        sum(days_80_365d) as days_80_365d,
        sum(days_90_365d) as days_90_365d,
        sum(days_100_365d) as days_100_365d
    from uses
    group by {{ user }}
),

final as (
    select
        {{ user }},
        peak_ratio_90d as billed_utilisation_peak_ratio_90d,
        {{ ratio_of_sums('balance_days_90d', 'limit_days_90d') }}
            as billed_utilisation_mean_ratio_90d,
        cast(days_80_90d as bigint) as billed_utilisation_days_80_90d,
        cast(days_90_90d as bigint) as billed_utilisation_days_90_90d,
        peak_ratio_365d as billed_utilisation_peak_ratio_365d,
        {{ ratio_of_sums('balance_days_365d', 'limit_days_365d') }}
            as billed_utilisation_mean_ratio_365d,
        cast(days_80_365d as bigint) as billed_utilisation_days_80_365d,
        cast(days_90_365d as bigint) as billed_utilisation_days_90_365d,
        cast(days_100_365d as bigint) as billed_utilisation_days_100_365d
    from sums
)

select * from final
