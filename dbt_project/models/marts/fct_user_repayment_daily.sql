with obligations as (
    select
        *,
        not is_disputed
        and due_date > {{ add_days('as_of_date', -180) }}
        and due_date <= as_of_date as is_due_180d,
        is_matured
        and last_on_time_date >= {{ add_days('as_of_date', -365) }} as is_matured_365d
    from {{ ref('int_obligations') }}
),

dues as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when is_due_180d and obligation_kind = 'statement' then amount_due else 0 end)
            as statement_due_amount_180d,
        sum(case when is_due_180d then amount_due - converted_amount else 0 end)
            as due_amount_180d,
        sum(case when is_due_180d then paid_amount + waived_amount else 0 end)
            as paid_amount_180d,
        sum(case when is_matured_365d then 1 else 0 end) as matured_count,
        sum(case when is_matured_365d and is_on_time then 1 else 0 end) as on_time_count,
        sum(case when is_matured_365d and obligation_kind = 'statement' then 1 else 0 end)
            as statement_count,
        sum(case
            when
                is_matured_365d and obligation_kind = 'statement'
                and is_full_on_time then 1
            else 0
        end) as full_count,
        sum(case
            when
                is_matured_365d and obligation_kind = 'statement'
                and is_on_time and not is_full_on_time then 1
            else 0
        end) as minimum_only_count
    from obligations
    group by as_of_date, known_on, user_key
),

-- Newest first: as long as no late obligation was met on the way, the streak goes on.
ranked as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when is_on_time then 0 else 1 end) over (
            partition by as_of_date, known_on, user_key
            order by due_date desc, obligation_kind asc, obligation_id asc
            rows between unbounded preceding and current row
        ) as late_so_far
    from obligations
    where is_matured
),

streaks as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when late_so_far = 0 then 1 else 0 end) as on_time_streak_count
    from ranked
    group by as_of_date, known_on, user_key
),

payments as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when is_succeeded and days_ago < 90 then amount else 0 end)
            as repayment_amount_90d,
        sum(case when is_succeeded and days_ago < 90 then 1 else 0 end) as repayment_count_90d,
        sum(case when is_succeeded and method is not null and days_ago < 180 then 1 else 0 end)
            as method_count_180d,
        sum(case when is_succeeded and method = 'autopay' and days_ago < 180 then 1 else 0 end)
            as autopay_count_180d,
        sum(case
            when status = 'failed' and method = 'autopay' and days_ago < 180
                then 1
            else 0
        end) as autopay_failed_count_180d,
        sum(case when is_succeeded and method is not null then 1 else 0 end)
            as method_count_365d,
        sum(case when is_succeeded and method = 'early' then 1 else 0 end) as early_count_365d,
        sum(case when is_succeeded and method = 'third_party' then 1 else 0 end)
            as third_party_count_365d
    from (
        select *, {{ days_between('as_of_date', 'paid_date') }} as days_ago
        from {{ ref('int_repayments__resolved') }}
        where held_reason is null
    ) as repayments
    where days_ago < 365
    group by as_of_date, known_on, user_key
),

final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        cast(coalesce(dues.statement_due_amount_180d, 0) as decimal(18, 2))
            as statement_due_amount_180d,
        cast(coalesce(payments.repayment_amount_90d, 0) as decimal(18, 2))
            as repayment_amount_90d,
        cast(coalesce(payments.repayment_count_90d, 0) as bigint) as repayment_count_90d,
        {{ ratio('dues.paid_amount_180d', 'dues.due_amount_180d') }} as payment_ratio_180d,
        {{ ratio('dues.full_count', 'dues.statement_count') }} as full_payment_ratio_365d,
        {{ ratio('dues.minimum_only_count', 'dues.statement_count') }}
            as minimum_only_ratio_365d,
        {{ ratio('dues.on_time_count', 'dues.matured_count') }} as on_time_ratio_365d,
        cast(streaks.on_time_streak_count as bigint) as on_time_streak_count,
        {{ ratio('payments.autopay_count_180d', 'payments.method_count_180d') }}
            as autopay_ratio_180d,
        cast(coalesce(payments.autopay_failed_count_180d, 0) as bigint)
            as autopay_failed_count_180d,
        {{ ratio('payments.early_count_365d', 'payments.method_count_365d') }}
            as early_repayment_ratio_365d,
        {{ ratio('payments.third_party_count_365d', 'payments.method_count_365d') }}
            as third_party_payment_ratio_365d
    from {{ ref('int_users__listed') }} as users
    left join dues
        on
            {{ same_user_night('users', 'dues') }}
    left join streaks
        on
            {{ same_user_night('users', 'streaks') }}
    left join payments
        on
            {{ same_user_night('users', 'payments') }}
)

select * from final
