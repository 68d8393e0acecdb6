{#- Columns that are 0 where their source knows nothing of the user, by source. -#}
{%- set counts = {
    'accounts': ['account_count', 'open_account_count', 'frozen_account_count'],
    'lateness': [
        'current_dpd_days', 'past_due_count', 'worst_dpd_days_30d', 'worst_dpd_days_90d',
        'worst_dpd_days_180d', 'worst_dpd_days_365d', 'worst_dpd_days_24m',
        'late_payment_count_90d', 'late_payment_count_180d', 'late_payment_count_365d',
        'late_payment_count_24m', 'late_7_count_365d', 'late_7_count_24m', 'late_30_count_365d',
        'late_30_count_24m', 'late_60_count_24m', 'late_90_count_24m', 'cured_count_365d',
        'cured_count_24m', 'self_cured_count_24m', 'late_severity_days_24m',
    ],
    'months': [
        'past_due_months_12m', 'past_due_30_months_24m', 'roll_forward_count_12m',
        'roll_back_count_12m',
    ],
    'debts': ['statement_count_24m', 'written_off_count'],
    'applications': [
        'application_count_30d', 'application_count_90d', 'application_count_365d',
        'rejected_application_count_365d',
    ],
    'disputes': ['dispute_open_count'],
} -%}
{%- set amounts = {
    'lateness': ['overdue_amount'],
    'debts': [
        'outstanding_statement_amount', 'outstanding_loan_amount', 'outstanding_amount',
        'written_off_amount',
    ],
} -%}
{#- Days since a date. -#}
{%- set ages = {
    'days_since_last_late': 'lateness.last_late_date',
    'days_since_last_late_30': 'lateness.last_late_30_date',
    'oldest_credit_days': 'least(accounts.first_opened_date, debts.first_statement_date)',
    'newest_loan_days': 'accounts.last_disbursed_date',
    'application_days_since_last': 'applications.last_applied_date',
} -%}
{%- set models = {
    'accounts': ref('int_accounts__opened'), 'lateness': ref('int_lateness__summarised'),
    'months': ref('int_lateness__by_month'), 'debts': ref('int_debts__summarised'),
    'applications': ref('int_applications__summarised'),
} -%}
with reports as (
    select as_of_date, known_on, user_key, max(reported_dpd) as reported_dpd_days
    from {{ ref('int_reports__dpd') }}
    group by as_of_date, known_on, user_key
),

disputes as (
    select as_of_date, known_on, user_key, count(*) as dispute_open_count
    from {{ ref('int_disputes__resolved') }}
    where is_open and held_reason is null
    group by as_of_date, known_on, user_key
),

final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        users.months_on_book,
        {% for source, names in counts.items() -%}
            {% for name in names -%}
                cast(coalesce({{ source }}.{{ name }}, 0) as bigint) as {{ name }},
            {% endfor -%}
        {% endfor -%}
        {% for source, names in amounts.items() -%}
            {% for name in names -%}
                cast(coalesce({{ source }}.{{ name }}, 0) as decimal(18, 2)) as {{ name }},
            {% endfor -%}
        {% endfor -%}
        {% for name, day in ages.items() -%}
            {{ days_between('users.as_of_date', day) }} as {{ name }},
        {% endfor -%}
        {{ ratio('coalesce(lateness.overdue_amount, 0)', 'debts.outstanding_amount') }}
            as overdue_ratio,
        {{ ratio(
            'applications.rejected_application_count_365d', 'applications.application_count_365d'
        ) }} as application_rejected_ratio_365d,
        cast(reports.reported_dpd_days as bigint) as reported_dpd_days,
        users.evidence_days
    from {{ ref('int_users__listed') }} as users
    {% for source in ['reports', 'disputes'] -%}
        left join {{ source }}
            on
                {{ same_user_night('users', source) }}
    {% endfor -%}
    {% for source, model in models.items() -%}
        left join {{ model }} as {{ source }}
            on
                {{ same_user_night('users', source) }}
    {% endfor -%}
)

select * from final
