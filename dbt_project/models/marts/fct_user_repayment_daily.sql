{%- set due_columns = [
    'statement_due_amount_90d', 'statement_due_amount_180d', 'statement_due_amount_365d',
    'converted_amount_365d', 'due_amount_next_30d',
] -%}
{%- set repayment_amounts = [
    'repayment_amount_30d', 'repayment_amount_90d', 'repayment_amount_180d',
    'repayment_amount_365d', 'repayment_max_amount_365d',
] -%}
{%- set repayment_counts = [
    'repayment_count_30d', 'repayment_count_90d', 'repayment_count_365d',
    'autopay_failed_count_90d', 'autopay_failed_count_180d', 'autopay_failed_count_365d',
    'early_repayment_count_365d', 'third_party_payment_count_365d',
    'reversed_repayment_count_365d',
] -%}
{#- Feature -> numerator, denominator. -#}
{%- set ratios = {
    'payment_ratio_90d': ['dues.paid_amount_90d', 'dues.asked_amount_90d'],
    'payment_ratio_180d': ['dues.paid_amount_180d', 'dues.asked_amount_180d'],
    'payment_ratio_365d': ['dues.paid_amount_365d', 'dues.asked_amount_365d'],
    'on_time_ratio_180d': ['dues.on_time_count_180d', 'dues.matured_count_180d'],
    'on_time_ratio_365d': ['dues.on_time_count_365d', 'dues.matured_count_365d'],
    'on_time_ratio_24m': ['dues.on_time_count_24m', 'dues.matured_count_24m'],
    'full_payment_ratio_180d': ['dues.full_bill_count_180d', 'dues.bill_count_180d'],
    'full_payment_ratio_365d': ['dues.full_bill_count_365d', 'dues.bill_count_365d'],
    'minimum_only_ratio_180d': [
        '(dues.on_time_bill_count_180d - dues.full_bill_count_180d)', 'dues.bill_count_180d',
    ],
    'minimum_only_ratio_365d': [
        '(dues.on_time_bill_count_365d - dues.full_bill_count_365d)', 'dues.bill_count_365d',
    ],
    'statement_on_time_ratio_365d': ['dues.on_time_bill_count_365d', 'dues.bill_count_365d'],
    'installment_on_time_ratio_365d': [
        '(dues.on_time_count_365d - dues.on_time_bill_count_365d)',
        '(dues.matured_count_365d - dues.bill_count_365d)',
    ],
    'converted_ratio_365d': ['dues.converted_amount_365d', 'dues.statement_due_amount_365d'],
    'autopay_ratio_180d': ['payments.autopay_count_180d', 'payments.method_known_count_180d'],
    'autopay_ratio_365d': ['payments.autopay_count_365d', 'payments.method_known_count_365d'],
    'manual_ratio_180d': ['payments.manual_count_180d', 'payments.method_known_count_180d'],
    'early_repayment_ratio_365d': [
        'payments.early_repayment_count_365d', 'payments.method_known_count_365d',
    ],
    'third_party_payment_ratio_365d': [
        'payments.third_party_payment_count_365d', 'payments.method_known_count_365d',
    ],
} -%}
with final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        {% for name in due_columns -%}
            cast(coalesce(dues.{{ name }}, 0) as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        {% for name in repayment_amounts -%}
            cast(coalesce(payments.{{ name }}, 0) as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        {% for name in repayment_counts -%}
            cast(coalesce(payments.{{ name }}, 0) as bigint) as {{ name }},
        {% endfor -%}
        {% for name, (numerator, denominator) in ratios.items() -%}
            {{ ratio(numerator, denominator) }} as {{ name }},
        {% endfor -%}
        cast(coalesce(dues.matured_count_365d, 0) as bigint) as matured_count_365d,
        {% for name in ['on_time', 'full_payment', 'minimum_only'] -%}
            cast(streaks.{{ name }}_streak_count as bigint) as {{ name }}_streak_count,
        {% endfor -%}
        case
            when dues.on_time_count_365d > 0
                then {{ exact_division('dues.days_before_due_365d', 'dues.on_time_count_365d', 2) }}
        end as days_before_due_mean_365d,
        case
            when dues.matured_count_365d > dues.on_time_count_365d
                then {{ exact_division(
                    'dues.late_days_365d',
                    '(dues.matured_count_365d - dues.on_time_count_365d)', 2
                ) }}
        end as late_days_mean_365d,
        {{ days_between('users.as_of_date', 'payments.last_repayment_date') }}
            as repayment_days_since_last
    from {{ ref('int_users__listed') }} as users
    left join {{ ref('int_dues__summarised') }} as dues
        on
            {{ same_user_night('users', 'dues') }}
    left join {{ ref('int_streaks__counted') }} as streaks
        on
            {{ same_user_night('users', 'streaks') }}
    left join {{ ref('int_repayments__summarised') }} as payments
        on
            {{ same_user_night('users', 'payments') }}
)

select * from final
