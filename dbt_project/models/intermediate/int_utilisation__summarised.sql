{%- set user = 'as_of_date, known_on, user_key' -%}
{%- set limit_days_365d = days_within('valid_from', 'valid_to', 'first_date_365d') -%}
{%- set limit_days_90d = days_within('valid_from', 'valid_to', 'first_date_90d') -%}
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

limit_sums as (
    select
        {{ user }},
        sum({{ amount_days('limit_amount', limit_days_365d) }}) as limit_days_365d,
        sum({{ amount_days('limit_amount', limit_days_90d) }}) as limit_days_90d
    from limits
    group by {{ user }}
),

balances as (
    select
        {{ user }},
        valid_from,
        coalesce(valid_to, {{ add_days('as_of_date', 1) }}) as valid_to,
        balance_amount
    from {{ ref('int_users__balances') }}
),

-- Days on which both stood still, and something was open.
shared as (
    select
        limits.as_of_date,
        limits.known_on,
        limits.user_key,
        limits.limit_amount,
        limits.first_date_365d,
        limits.first_date_90d,
        greatest(limits.valid_from, balances.valid_from) as valid_from,
        least(limits.valid_to, balances.valid_to) as valid_to,
        balances.balance_amount,
        limits.limit_amount - balances.balance_amount as left_amount
    from limits
    inner join balances
        on
            {{ same_user_night('limits', 'balances') }}
            and limits.valid_from < balances.valid_to
            and balances.valid_from < limits.valid_to
),

-- At most a fifth of the limit left: 80 % are reached. DuckDB would keep the products within 18
-- digits.
stretches as (
    select
        {{ user }},
        balance_amount,
        5 * cast(left_amount as decimal(28, 2)) <= limit_amount as is_80,
        10 * cast(left_amount as decimal(28, 2)) <= limit_amount as is_90,
        left_amount <= 0 as is_100,
        {{ ratio('least(balance_amount, limit_amount)', 'limit_amount') }} as ratio,
        {{ days_within('valid_from', 'valid_to', 'first_date_365d') }} as days_365d,
        {{ days_within('valid_from', 'valid_to', 'first_date_90d') }} as days_90d
    from shared
),

uses as (
    select
        {{ user }},
        max(case when days_365d > 0 then ratio end) as peak_ratio_365d,
        max(case when days_90d > 0 then ratio end) as peak_ratio_90d,
        sum({{ amount_days('balance_amount', 'days_365d') }}) as balance_days_365d,
        sum({{ amount_days('balance_amount', 'days_90d') }}) as balance_days_90d,
        sum(case when is_80 then days_365d else 0 end) as days_80_365d,
        sum(case when is_90 then days_365d else 0 end) as days_90_365d,
        sum(case when is_100 then days_365d else 0 end) as days_100_365d,
        sum(case when is_80 then days_90d else 0 end) as days_80_90d,
        sum(case when is_90 then days_90d else 0 end) as days_90_90d
    from stretches
    group by {{ user }}
),

-- A limit under which nothing was open was used by nothing.
users as (
    select
        limit_sums.as_of_date,
        limit_sums.known_on,
        limit_sums.user_key,
        limit_sums.limit_days_90d,
        limit_sums.limit_days_365d,
        coalesce(uses.peak_ratio_90d, 0) as peak_ratio_90d,
        coalesce(uses.peak_ratio_365d, 0) as peak_ratio_365d,
        coalesce(uses.balance_days_90d, 0) as balance_days_90d,
        coalesce(uses.balance_days_365d, 0) as balance_days_365d,
        coalesce(uses.days_80_90d, 0) as days_80_90d,
        coalesce(uses.days_90_90d, 0) as days_90_90d,
        coalesce(uses.days_80_365d, 0) as days_80_365d,
        coalesce(uses.days_90_365d, 0) as days_90_365d,
        coalesce(uses.days_100_365d, 0) as days_100_365d
    from limit_sums
    left join uses
        on
            {{ same_user_night('limit_sums', 'uses') }}
),

final as (
    select
        {{ user }},
        case when limit_days_90d > 0 then peak_ratio_90d end as billed_utilisation_peak_ratio_90d,
        {{ ratio_of_sums('balance_days_90d', 'limit_days_90d') }}
            as billed_utilisation_mean_ratio_90d,
        cast(days_80_90d as bigint) as billed_utilisation_days_80_90d,
        cast(days_90_90d as bigint) as billed_utilisation_days_90_90d,
        case when limit_days_365d > 0 then peak_ratio_365d end
            as billed_utilisation_peak_ratio_365d,
        {{ ratio_of_sums('balance_days_365d', 'limit_days_365d') }}
            as billed_utilisation_mean_ratio_365d,
        cast(days_80_365d as bigint) as billed_utilisation_days_80_365d,
        cast(days_90_365d as bigint) as billed_utilisation_days_90_365d,
        cast(days_100_365d as bigint) as billed_utilisation_days_100_365d
    from users
)

select * from final
