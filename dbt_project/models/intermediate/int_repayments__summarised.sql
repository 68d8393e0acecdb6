{%- set windows = [30, 90, 180, 365] -%}
with repayments as (
    select
        as_of_date,
        known_on,
        user_key,
        paid_date,
        amount,
        method,
        status,
        is_succeeded,
        is_succeeded and method is not null as is_method_known,
        is_succeeded and coalesce(method, '') = 'autopay' as is_autopay,
        is_succeeded and coalesce(method, '') = 'manual' as is_manual,
        is_succeeded and coalesce(method, '') = 'early' as is_early,
        is_succeeded and coalesce(method, '') = 'third_party' as is_third_party,
        status = 'failed' and coalesce(method, '') = 'autopay' as is_failed_autopay,
        status = 'reversed' as is_reversed,
        {{ days_between('as_of_date', 'paid_date') }} as days_ago
    from {{ ref('int_repayments__resolved') }}
    where held_reason is null and paid_date > {{ add_days('as_of_date', -365) }}
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for days in windows -%}
            sum(case when is_succeeded and days_ago < {{ days }} then amount else 0 end)
                as repayment_amount_{{ days }}d,
            sum(case when is_succeeded and days_ago < {{ days }} then 1 else 0 end)
                as repayment_count_{{ days }}d,
            {% for name in ['method_known', 'autopay', 'manual'] if days >= 180 -%}
                sum(case when is_{{ name }} and days_ago < {{ days }} then 1 else 0 end)
                    as {{ name }}_count_{{ days }}d,
            {% endfor -%}
            {% if days >= 90 -%}
                sum(case when is_failed_autopay and days_ago < {{ days }} then 1 else 0 end)
                    as autopay_failed_count_{{ days }}d,
            {% endif -%}
        {% endfor -%}
        sum(case when is_early then 1 else 0 end) as early_repayment_count_365d,
        sum(case when is_third_party then 1 else 0 end) as third_party_payment_count_365d,
        sum(case when is_reversed then 1 else 0 end) as reversed_repayment_count_365d,
        max(case when is_succeeded then amount end) as repayment_max_amount_365d,
        max(case when is_succeeded then paid_date end) as last_repayment_date
    from repayments
    group by as_of_date, known_on, user_key
)

select * from final
