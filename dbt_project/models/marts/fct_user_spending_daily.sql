with totals as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        windows.last_days_ago,
        windows.first_days_ago,
        windows.month_concentration_ratio,
        coalesce(windows.active_month_count, 0) as active_month_count,
        coalesce(breadth.paylater_count, 0) as paylater_count_90d,
        coalesce(breadth.installment_amount, 0) as installment_amount_90d,
        coalesce(refunds.refund_amount_90d, 0) as refund_amount_90d,
        coalesce(refunds.refund_amount_180d, 0) as refund_amount_180d,
        coalesce(refunds.refund_count_90d, 0) as refund_count_90d,
        {% for days in [7, 30, 90, 180, 365] -%}
            coalesce(windows.purchase_amount_{{ days }}d, 0) as purchase_amount_{{ days }}d,
            cast(coalesce(windows.purchase_count_{{ days }}d, 0) as bigint)
                as spend_count_{{ days }}d,
            cast(coalesce(windows.active_days_{{ days }}d, 0) as bigint)
                as spend_active_days_{{ days }}d,
            cast(greatest(
                coalesce(windows.purchase_amount_{{ days }}d, 0)
                - coalesce(refunds.refund_amount_{{ days }}d, 0), 0
            ) as decimal(18, 2)) as spend_amount_{{ days }}d,
        {% endfor -%}
        {% for days in [30, 90, 365] -%}
            coalesce(windows.paylater_amount_{{ days }}d, 0) as paylater_amount_{{ days }}d,
            cast(coalesce(windows.largest_amount_{{ days }}d, 0) as decimal(18, 2))
                as spend_max_amount_{{ days }}d,
        {% endfor -%}
        breadth.night_ratio,
        breadth.weekend_ratio,
        breadth.small_ratio,
        breadth.category_concentration_ratio,
        breadth.merchant_concentration_ratio,
        breadth.top_merchant_ratio,
        breadth.category_entropy,
        breadth.essential_ratio,
        coalesce(breadth.merchant_count_30d, 0) as merchant_count_30d,
        coalesce(breadth.merchant_count_90d, 0) as merchant_count_90d,
        coalesce(breadth.category_count_30d, 0) as category_count_30d,
        coalesce(breadth.category_count_90d, 0) as category_count_90d
    from {{ ref('int_users__listed') }} as users
    left join {{ ref('int_spending__windows') }} as windows
        on
            {{ same_user_night('users', 'windows') }}
    left join {{ ref('int_spending__refunds') }} as refunds
        on
            {{ same_user_night('users', 'refunds') }}
    left join {{ ref('int_spending__breadth') }} as breadth
        on
            {{ same_user_night('users', 'breadth') }}
),

final as (
    select
        user_key,
        as_of_date,
        known_on,
        spend_amount_30d,
        spend_amount_90d,
        spend_amount_365d,
        spend_count_7d,
        spend_count_30d,
        spend_count_90d,
        spend_active_days_30d,
        spend_active_days_90d,
        case
            when spend_count_90d > 0
                then {{ exact_division('spend_amount_90d', 'spend_count_90d', 2) }}
        end as spend_mean_amount_90d,
        spend_max_amount_90d,
        cast(merchant_count_90d as bigint) as spend_merchant_count_90d,
        cast(category_count_90d as bigint) as spend_category_count_90d,
        {{ ratio('spend_amount_30d', 'spend_amount_90d') }} as spend_30d_share_ratio_90d,
        cast(last_days_ago as bigint) as spend_days_since_last,
        {{ ratio('refund_amount_180d', 'purchase_amount_180d') }} as refund_ratio_180d,
        {{ ratio('paylater_amount_90d', 'purchase_amount_90d') }} as paylater_spend_ratio_90d,
        spend_amount_7d,
        spend_amount_180d,
        spend_count_180d,
        spend_active_days_180d,
        spend_count_365d,
        spend_active_days_365d,
        spend_active_days_7d,
        case
            when spend_count_365d > 0
                then {{ exact_division('spend_amount_365d', 'spend_count_365d', 2) }}
        end as spend_mean_amount_365d,
        spend_max_amount_30d,
        spend_max_amount_365d,
        {{ ratio('spend_amount_7d', 'spend_amount_30d') }} as spend_7d_share_ratio_30d,
        {{ ratio('spend_amount_90d', 'spend_amount_365d') }} as spend_90d_share_ratio_365d,
        {{ ratio('spend_count_30d', 'spend_count_90d') }} as spend_count_30d_share_ratio_90d,
        cast(active_month_count as bigint) as spend_active_months_360d,
        month_concentration_ratio as spend_month_concentration_ratio_360d,
        weekend_ratio as spend_weekend_ratio_90d,
        night_ratio as spend_night_ratio_90d,
        small_ratio as spend_small_ratio_90d,
        category_concentration_ratio as spend_category_concentration_ratio_90d,
        merchant_concentration_ratio as spend_merchant_concentration_ratio_90d,
        top_merchant_ratio as spend_top_merchant_ratio_90d,
        category_entropy as spend_category_entropy_90d,
        essential_ratio as essential_spend_ratio_90d,
        cast(merchant_count_30d as bigint) as spend_merchant_count_30d,
        cast(category_count_30d as bigint) as spend_category_count_30d,
        {% for days in [30, 90, 365] -%}
            cast(paylater_amount_{{ days }}d as decimal(18, 2))
                as paylater_spend_amount_{{ days }}d,
        {% endfor -%}
        {{ ratio('paylater_amount_30d', 'purchase_amount_30d') }} as paylater_spend_ratio_30d,
        {{ ratio('paylater_amount_365d', 'purchase_amount_365d') }} as paylater_spend_ratio_365d,
        cast(paylater_count_90d as bigint) as paylater_spend_count_90d,
        {{ ratio('installment_amount_90d', 'paylater_amount_90d') }}
            as paylater_installment_ratio_90d,
        cast(refund_amount_90d as decimal(18, 2)) as refund_amount_90d,
        cast(refund_count_90d as bigint) as refund_count_90d,
        cast(first_days_ago as bigint) as spend_days_since_first
    from totals
)

select * from final
