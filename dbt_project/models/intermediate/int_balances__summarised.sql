{%- set user = 'as_of_date, known_on, user_key' -%}
with balances as (
    select
        {{ user }},
        valid_from,
        coalesce(valid_to, {{ add_days('as_of_date', 1) }}) as valid_to,
        balance_amount,
        {{ add_days('as_of_date', -364) }} as first_date_365d,
        {{ add_days('as_of_date', -89) }} as first_date_90d
    from {{ ref('int_users__balances') }}
),

stretches as (
    select
        {{ user }},
        balance_amount,
        {{ days_between('valid_to', 'valid_from') }} as days_24m,
        {{ days_within('valid_from', 'valid_to', 'first_date_365d') }} as days_365d,
        {{ days_within('valid_from', 'valid_to', 'first_date_90d') }} as days_90d
    from balances
),

sums as (
    select
        {{ user }},
        sum({{ amount_days('balance_amount', 'days_24m') }}) as amount_days_24m,
        sum({{ amount_days('balance_amount', 'days_365d') }}) as amount_days_365d,
        sum({{ amount_days('balance_amount', 'days_90d') }}) as amount_days_90d,
        max(case when days_365d > 0 then balance_amount else 0 end) as peak_amount_365d
    from stretches
    group by {{ user }}
),

final as (
    select
        {{ user }},
        {{ exact_division_of_sums('amount_days_90d', 90, 2) }}
            as billed_balance_mean_amount_90d,
        {{ exact_division_of_sums('amount_days_365d', 365, 2) }}
            as billed_balance_mean_amount_365d,
        {{ exact_division_of_sums('amount_days_24m',
            days_between('as_of_date', add_months('as_of_date', -24)), 2) }}
            as billed_balance_mean_amount_24m,
        cast(peak_amount_365d as decimal(18, 2)) as billed_balance_peak_amount_365d,
        {{ ratio_of_sums('amount_days_365d', 'amount_days_24m') }}
            as billed_balance_12m_share_ratio_24m
    from sums
)

select * from final
