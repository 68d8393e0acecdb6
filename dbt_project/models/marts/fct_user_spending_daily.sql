with bands as (
    select * from {{ ref('int_spending__bands') }}
),

-- The bands are cumulated here: a window is the sum of the bands inside it.
windows as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when band_start < 30 then purchase_amount - refund_amount else 0 end)
            as net_amount_30d,
        sum(case when band_start < 90 then purchase_amount - refund_amount else 0 end)
            as net_amount_90d,
        sum(case when band_start < 365 then purchase_amount - refund_amount else 0 end)
            as net_amount_365d,
        sum(case when band_start < 7 then purchase_count else 0 end) as count_7d,
        sum(case when band_start < 30 then purchase_count else 0 end) as count_30d,
        sum(case when band_start < 90 then purchase_count else 0 end) as count_90d,
        sum(case when band_start < 30 then bit_count(day_bits) else 0 end) as active_days_30d,
        sum(case when band_start < 90 then bit_count(day_bits) else 0 end) as active_days_90d,
        max(case when band_start < 90 then largest_amount else 0 end) as max_amount_90d,
        sum(case when band_start < 90 then purchase_amount else 0 end) as purchase_amount_90d,
        sum(case when band_start < 90 then paylater_amount else 0 end) as paylater_amount_90d,
        sum(case when band_start < 180 then purchase_amount else 0 end) as purchase_amount_180d,
        sum(case when band_start < 180 then refund_amount else 0 end) as refund_amount_180d,
        max(last_purchase_date) as last_purchase_date
    from bands
    group by as_of_date, known_on, user_key
),

breadth as (
    select * from {{ ref('int_spending__breadth') }}
),

amounts as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        cast(greatest(coalesce(windows.net_amount_30d, 0), 0) as decimal(18, 2))
            as spend_amount_30d,
        cast(greatest(coalesce(windows.net_amount_90d, 0), 0) as decimal(18, 2))
            as spend_amount_90d,
        cast(greatest(coalesce(windows.net_amount_365d, 0), 0) as decimal(18, 2))
            as spend_amount_365d,
        cast(coalesce(windows.count_7d, 0) as bigint) as spend_count_7d,
        cast(coalesce(windows.count_30d, 0) as bigint) as spend_count_30d,
        cast(coalesce(windows.count_90d, 0) as bigint) as spend_count_90d,
        cast(coalesce(windows.active_days_30d, 0) as bigint) as spend_active_days_30d,
        cast(coalesce(windows.active_days_90d, 0) as bigint) as spend_active_days_90d,
        cast(coalesce(windows.max_amount_90d, 0) as decimal(18, 2)) as spend_max_amount_90d,
        cast(coalesce(breadth.merchant_count, 0) as bigint) as spend_merchant_count_90d,
        cast(coalesce(breadth.category_count, 0) as bigint) as spend_category_count_90d,
        {{ days_between('users.as_of_date', 'windows.last_purchase_date') }}
            as spend_days_since_last,
        {{ ratio('windows.refund_amount_180d', 'windows.purchase_amount_180d') }}
            as refund_ratio_180d,
        {{ ratio('windows.paylater_amount_90d', 'windows.purchase_amount_90d') }}
            as paylater_spend_ratio_90d
    from {{ ref('int_users__listed') }} as users
    left join windows
        on
            {{ same_user_night('users', 'windows') }}
    left join breadth
        on
            {{ same_user_night('users', 'breadth') }}
),

final as (
    select
        *,
        case
            when spend_count_90d > 0
                then {{ exact_division('spend_amount_90d', 'spend_count_90d', 2) }}
        end as spend_mean_amount_90d,
        {{ ratio('spend_amount_30d', 'spend_amount_90d') }} as spend_30d_share_ratio_90d
    from amounts
)

select * from final
