{#- Generated from scoring/cards/expert_v1.json by `make docs`; do not edit. Card sha256:96f54e18975729592897d9e305f3a2e9a5c66cb35bdfd867cee6ccee42c236da. -#}
{% macro expert_v1_points(relation, keys) -%}
with numbers as (
    select
        {{ keys | join(', ') }},
        coalesce(has_scoring_consent, false) as has_consent,
        evidence_days is null as evidence_days_is_missing,
        {{ card_number('evidence_days') }} as evidence_days_value,
        spend_amount_90d is null as spend_amount_90d_is_missing,
        {{ card_number('spend_amount_90d') }} as spend_amount_90d_value,
        spend_active_days_90d is null as spend_active_days_90d_is_missing,
        {{ card_number('spend_active_days_90d') }} as spend_active_days_90d_value,
        spend_30d_share_ratio_90d is null as spend_30d_share_ratio_90d_is_missing,
        {{ card_number('spend_30d_share_ratio_90d') }} as spend_30d_share_ratio_90d_value,
        payment_ratio_180d is null as payment_ratio_180d_is_missing,
        {{ card_number('payment_ratio_180d') }} as payment_ratio_180d_value,
        full_payment_ratio_365d is null as full_payment_ratio_365d_is_missing,
        {{ card_number('full_payment_ratio_365d') }} as full_payment_ratio_365d_value,
        minimum_only_ratio_365d is null as minimum_only_ratio_365d_is_missing,
        {{ card_number('minimum_only_ratio_365d') }} as minimum_only_ratio_365d_value,
        on_time_ratio_365d is null as on_time_ratio_365d_is_missing,
        {{ card_number('on_time_ratio_365d') }} as on_time_ratio_365d_value,
        on_time_streak_count is null as on_time_streak_count_is_missing,
        {{ card_number('on_time_streak_count') }} as on_time_streak_count_value,
        repayment_amount_90d is null as repayment_amount_90d_is_missing,
        {{ card_number('repayment_amount_90d') }} as repayment_amount_90d_value,
        months_on_book is null as months_on_book_is_missing,
        {{ card_number('months_on_book') }} as months_on_book_value,
        current_dpd_days is null as current_dpd_days_is_missing,
        {{ card_number('current_dpd_days') }} as current_dpd_days_value,
        reported_dpd_days is null as reported_dpd_days_is_missing,
        {{ card_number('reported_dpd_days') }} as reported_dpd_days_value,
        worst_dpd_days_24m is null as worst_dpd_days_24m_is_missing,
        {{ card_number('worst_dpd_days_24m') }} as worst_dpd_days_24m_value,
        late_payment_count_365d is null as late_payment_count_365d_is_missing,
        {{ card_number('late_payment_count_365d') }} as late_payment_count_365d_value,
        written_off_count is null as written_off_count_is_missing,
        {{ card_number('written_off_count') }} as written_off_count_value,
        application_count_90d is null as application_count_90d_is_missing,
        {{ card_number('application_count_90d') }} as application_count_90d_value,
        revolving_limit_amount is null as revolving_limit_amount_is_missing,
        {{ card_number('revolving_limit_amount') }} as revolving_limit_amount_value,
        revolving_utilisation_ratio is null as revolving_utilisation_ratio_is_missing,
        {{ card_number('revolving_utilisation_ratio') }} as revolving_utilisation_ratio_value,
        draw_before_repayment_count_90d is null as draw_before_repayment_count_90d_is_missing,
        {{ card_number('draw_before_repayment_count_90d') }} as draw_before_repayment_count_90d_value,
        cash_to_spend_ratio_90d is null as cash_to_spend_ratio_90d_is_missing,
        {{ card_number('cash_to_spend_ratio_90d') }} as cash_to_spend_ratio_90d_value
    from {{ relation }}
),

statuses as (
    select
        *,
        has_consent and coalesce(evidence_days_value >= 3.0, false) as is_scored,
        case
            when not has_consent then '没有您同意信用评分的记录，因此不计算评分。 / We have no record that you agreed to credit scoring, so no score is computed.'
            when not coalesce(evidence_days_value >= 3.0, false) then '记录不足：有记录的天数少于 3 天。 / Not enough history: fewer than 3 days with any record.'
        end as score_status_reason,
        cast(floor(greatest(coalesce(months_on_book_value, 0), 0)) as bigint) as months_of_history,
        cast(floor(greatest(coalesce(evidence_days_value, 0), 0)) as bigint) as days_of_evidence
    from numbers
),

earned as (
    select
        {{ keys | join(', ') }},
        is_scored,
        case
            when is_scored then 'scored'
            when has_consent then 'insufficient_history'
            else 'no_consent'
        end as score_status,
        score_status_reason,
        case
            when not has_consent then null
            when days_of_evidence >= 52 and months_of_history >= 12 then 'strong'
            when days_of_evidence >= 13 and months_of_history >= 3 then 'moderate'
            when days_of_evidence >= 3 and months_of_history >= 0 then 'thin'
            else 'none'
        end as evidence_strength,
        case
            when spend_amount_90d_value >= 0.0 then 3 - least(months_of_history, 3)
            else 3
        end as spend_amount_90d_open_months,
        case
            when spend_active_days_90d_value >= 0.0 then 3 - least(months_of_history, 3)
            else 3
        end as spend_active_days_90d_open_months,
        case
            when spend_30d_share_ratio_90d_value >= 0.0 and spend_30d_share_ratio_90d_value < 1.000001 then 3 - least(months_of_history, 3)
            else 3
        end as spend_30d_share_ratio_90d_open_months,
        case
            when payment_ratio_180d_value >= 0.0 and payment_ratio_180d_value < 1.000001 then 6 - least(months_of_history, 6)
            else 6
        end as payment_ratio_180d_open_months,
        case
            when full_payment_ratio_365d_value >= 0.0 and full_payment_ratio_365d_value < 1.000001 then 12 - least(months_of_history, 12)
            else 12
        end as full_payment_ratio_365d_open_months,
        case
            when minimum_only_ratio_365d_value >= 0.0 and minimum_only_ratio_365d_value < 1.000001 then 12 - least(months_of_history, 12)
            else 12
        end as minimum_only_ratio_365d_open_months,
        case
            when on_time_ratio_365d_value >= 0.0 and on_time_ratio_365d_value < 1.000001 then 12 - least(months_of_history, 12)
            else 12
        end as on_time_ratio_365d_open_months,
        case
            when on_time_streak_count_value >= 0.0 then 24 - least(months_of_history, 24)
            else 24
        end as on_time_streak_count_open_months,
        case
            when repayment_amount_90d_value >= 0.0 then 3 - least(months_of_history, 3)
            else 3
        end as repayment_amount_90d_open_months,
        case
            when worst_dpd_days_24m_value >= 0.0 then 24 - least(months_of_history, 24)
            else 24
        end as worst_dpd_days_24m_open_months,
        case
            when late_payment_count_365d_value >= 0.0 then 12 - least(months_of_history, 12)
            else 12
        end as late_payment_count_365d_open_months,
        case
            when application_count_90d_value >= 0.0 then 3 - least(months_of_history, 3)
            else 3
        end as application_count_90d_open_months,
        case
            when draw_before_repayment_count_90d_value >= 0.0 then 3 - least(months_of_history, 3)
            else 3
        end as draw_before_repayment_count_90d_open_months,
        case
            when cash_to_spend_ratio_90d_value >= 0.0 and cash_to_spend_ratio_90d_value < 1.000001 then 3 - least(months_of_history, 3)
            else 3
        end as cash_to_spend_ratio_90d_open_months,
        case when is_scored then spend_amount_90d_value end as spend_amount_90d_value,
        case
            when not is_scored then null
            when spend_amount_90d_is_missing then 'missing'
            when spend_amount_90d_value is null then 'unseen'
            when spend_amount_90d_value < 0.0 then 'unseen'
            when spend_amount_90d_value < 0.01 then '0'
            when spend_amount_90d_value < 500.0 then '0.01 to < 500'
            when spend_amount_90d_value < 3000.0 then '500 to < 3,000'
            when spend_amount_90d_value < 10000.0 then '3,000 to < 10,000'
            else '>= 10,000'
        end as spend_amount_90d_bin,
        case
            when not is_scored then null
            when spend_amount_90d_is_missing then null
            when spend_amount_90d_value is null then null
            when spend_amount_90d_value < 0.0 then null
            when spend_amount_90d_value < 0.01 then 0
            when spend_amount_90d_value < 500.0 then 1
            when spend_amount_90d_value < 3000.0 then 2
            when spend_amount_90d_value < 10000.0 then 3
            else 4
        end as spend_amount_90d_bin_index,
        case
            when not is_scored then null
            when spend_amount_90d_is_missing then 0
            when spend_amount_90d_value is null then 0
            when spend_amount_90d_value < 0.0 then 0
            when spend_amount_90d_value < 0.01 then -6
            when spend_amount_90d_value < 500.0 then -2
            when spend_amount_90d_value < 3000.0 then 4
            when spend_amount_90d_value < 10000.0 then 9
            else 12
        end as spend_amount_90d_points,
        case when is_scored then spend_active_days_90d_value end as spend_active_days_90d_value,
        case
            when not is_scored then null
            when spend_active_days_90d_is_missing then 'missing'
            when spend_active_days_90d_value is null then 'unseen'
            when spend_active_days_90d_value < 0.0 then 'unseen'
            when spend_active_days_90d_value < 1.0 then '0'
            when spend_active_days_90d_value < 6.0 then '1-5'
            when spend_active_days_90d_value < 21.0 then '6-20'
            when spend_active_days_90d_value < 46.0 then '21-45'
            else '46+'
        end as spend_active_days_90d_bin,
        case
            when not is_scored then null
            when spend_active_days_90d_is_missing then null
            when spend_active_days_90d_value is null then null
            when spend_active_days_90d_value < 0.0 then null
            when spend_active_days_90d_value < 1.0 then 0
            when spend_active_days_90d_value < 6.0 then 1
            when spend_active_days_90d_value < 21.0 then 2
            when spend_active_days_90d_value < 46.0 then 3
            else 4
        end as spend_active_days_90d_bin_index,
        case
            when not is_scored then null
            when spend_active_days_90d_is_missing then 0
            when spend_active_days_90d_value is null then 0
            when spend_active_days_90d_value < 0.0 then 0
            when spend_active_days_90d_value < 1.0 then -6
            when spend_active_days_90d_value < 6.0 then -1
            when spend_active_days_90d_value < 21.0 then 5
            when spend_active_days_90d_value < 46.0 then 9
            else 11
        end as spend_active_days_90d_points,
        case when is_scored then spend_30d_share_ratio_90d_value end as spend_30d_share_ratio_90d_value,
        case
            when not is_scored then null
            when spend_30d_share_ratio_90d_is_missing then 'missing'
            when spend_30d_share_ratio_90d_value is null then 'unseen'
            when spend_30d_share_ratio_90d_value < 0.0 then 'unseen'
            when spend_30d_share_ratio_90d_value < 0.6 then '0 to < 0.6'
            when spend_30d_share_ratio_90d_value < 0.85 then '0.6 to < 0.85'
            when spend_30d_share_ratio_90d_value < 1.000001 then '0.85 to 1'
            else 'unseen'
        end as spend_30d_share_ratio_90d_bin,
        case
            when not is_scored then null
            when spend_30d_share_ratio_90d_is_missing then null
            when spend_30d_share_ratio_90d_value is null then null
            when spend_30d_share_ratio_90d_value < 0.0 then null
            when spend_30d_share_ratio_90d_value < 0.6 then 0
            when spend_30d_share_ratio_90d_value < 0.85 then 1
            when spend_30d_share_ratio_90d_value < 1.000001 then 2
            else null
        end as spend_30d_share_ratio_90d_bin_index,
        case
            when not is_scored then null
            when spend_30d_share_ratio_90d_is_missing then 0
            when spend_30d_share_ratio_90d_value is null then 0
            when spend_30d_share_ratio_90d_value < 0.0 then 0
            when spend_30d_share_ratio_90d_value < 0.6 then 6
            when spend_30d_share_ratio_90d_value < 0.85 then 0
            when spend_30d_share_ratio_90d_value < 1.000001 then -8
            else 0
        end as spend_30d_share_ratio_90d_points,
        case when is_scored then payment_ratio_180d_value end as payment_ratio_180d_value,
        case
            when not is_scored then null
            when payment_ratio_180d_is_missing then 'missing'
            when payment_ratio_180d_value is null then 'unseen'
            when payment_ratio_180d_value < 0.0 then 'unseen'
            when payment_ratio_180d_value < 0.03 then '0 to < 0.03'
            when payment_ratio_180d_value < 0.15 then '0.03 to < 0.15'
            when payment_ratio_180d_value < 0.5 then '0.15 to < 0.5'
            when payment_ratio_180d_value < 0.95 then '0.5 to < 0.95'
            when payment_ratio_180d_value < 1.000001 then '0.95 to 1'
            else 'unseen'
        end as payment_ratio_180d_bin,
        case
            when not is_scored then null
            when payment_ratio_180d_is_missing then null
            when payment_ratio_180d_value is null then null
            when payment_ratio_180d_value < 0.0 then null
            when payment_ratio_180d_value < 0.03 then 0
            when payment_ratio_180d_value < 0.15 then 1
            when payment_ratio_180d_value < 0.5 then 2
            when payment_ratio_180d_value < 0.95 then 3
            when payment_ratio_180d_value < 1.000001 then 4
            else null
        end as payment_ratio_180d_bin_index,
        case
            when not is_scored then null
            when payment_ratio_180d_is_missing then 0
            when payment_ratio_180d_value is null then 0
            when payment_ratio_180d_value < 0.0 then 0
            when payment_ratio_180d_value < 0.03 then -24
            when payment_ratio_180d_value < 0.15 then -10
            when payment_ratio_180d_value < 0.5 then -2
            when payment_ratio_180d_value < 0.95 then 9
            when payment_ratio_180d_value < 1.000001 then 18
            else 0
        end as payment_ratio_180d_points,
        case when is_scored then full_payment_ratio_365d_value end as full_payment_ratio_365d_value,
        case
            when not is_scored then null
            when full_payment_ratio_365d_is_missing then 'missing'
            when full_payment_ratio_365d_value is null then 'unseen'
            when full_payment_ratio_365d_value < 0.0 then 'unseen'
            when full_payment_ratio_365d_value < 0.000001 then '0'
            when full_payment_ratio_365d_value < 0.5 then '> 0 to < 0.5'
            when full_payment_ratio_365d_value < 0.9 then '0.5 to < 0.9'
            when full_payment_ratio_365d_value < 1.000001 then '0.9 to 1'
            else 'unseen'
        end as full_payment_ratio_365d_bin,
        case
            when not is_scored then null
            when full_payment_ratio_365d_is_missing then null
            when full_payment_ratio_365d_value is null then null
            when full_payment_ratio_365d_value < 0.0 then null
            when full_payment_ratio_365d_value < 0.000001 then 0
            when full_payment_ratio_365d_value < 0.5 then 1
            when full_payment_ratio_365d_value < 0.9 then 2
            when full_payment_ratio_365d_value < 1.000001 then 3
            else null
        end as full_payment_ratio_365d_bin_index,
        case
            when not is_scored then null
            when full_payment_ratio_365d_is_missing then 0
            when full_payment_ratio_365d_value is null then 0
            when full_payment_ratio_365d_value < 0.0 then 0
            when full_payment_ratio_365d_value < 0.000001 then -6
            when full_payment_ratio_365d_value < 0.5 then 0
            when full_payment_ratio_365d_value < 0.9 then 9
            when full_payment_ratio_365d_value < 1.000001 then 18
            else 0
        end as full_payment_ratio_365d_points,
        case when is_scored then minimum_only_ratio_365d_value end as minimum_only_ratio_365d_value,
        case
            when not is_scored then null
            when minimum_only_ratio_365d_is_missing then 'missing'
            when minimum_only_ratio_365d_value is null then 'unseen'
            when minimum_only_ratio_365d_value < 0.0 then 'unseen'
            when minimum_only_ratio_365d_value < 0.1 then '0 to < 0.1'
            when minimum_only_ratio_365d_value < 0.5 then '0.1 to < 0.5'
            when minimum_only_ratio_365d_value < 1.000001 then '0.5 to 1'
            else 'unseen'
        end as minimum_only_ratio_365d_bin,
        case
            when not is_scored then null
            when minimum_only_ratio_365d_is_missing then null
            when minimum_only_ratio_365d_value is null then null
            when minimum_only_ratio_365d_value < 0.0 then null
            when minimum_only_ratio_365d_value < 0.1 then 0
            when minimum_only_ratio_365d_value < 0.5 then 1
            when minimum_only_ratio_365d_value < 1.000001 then 2
            else null
        end as minimum_only_ratio_365d_bin_index,
        case
            when not is_scored then null
            when minimum_only_ratio_365d_is_missing then 0
            when minimum_only_ratio_365d_value is null then 0
            when minimum_only_ratio_365d_value < 0.0 then 0
            when minimum_only_ratio_365d_value < 0.1 then 4
            when minimum_only_ratio_365d_value < 0.5 then 0
            when minimum_only_ratio_365d_value < 1.000001 then -8
            else 0
        end as minimum_only_ratio_365d_points,
        case when is_scored then on_time_ratio_365d_value end as on_time_ratio_365d_value,
        case
            when not is_scored then null
            when on_time_ratio_365d_is_missing then 'missing'
            when on_time_ratio_365d_value is null then 'unseen'
            when on_time_ratio_365d_value < 0.0 then 'unseen'
            when on_time_ratio_365d_value < 0.5 then '0 to < 0.5'
            when on_time_ratio_365d_value < 0.8 then '0.5 to < 0.8'
            when on_time_ratio_365d_value < 0.95 then '0.8 to < 0.95'
            when on_time_ratio_365d_value < 1.0 then '0.95 to < 1'
            when on_time_ratio_365d_value < 1.000001 then '1'
            else 'unseen'
        end as on_time_ratio_365d_bin,
        case
            when not is_scored then null
            when on_time_ratio_365d_is_missing then null
            when on_time_ratio_365d_value is null then null
            when on_time_ratio_365d_value < 0.0 then null
            when on_time_ratio_365d_value < 0.5 then 0
            when on_time_ratio_365d_value < 0.8 then 1
            when on_time_ratio_365d_value < 0.95 then 2
            when on_time_ratio_365d_value < 1.0 then 3
            when on_time_ratio_365d_value < 1.000001 then 4
            else null
        end as on_time_ratio_365d_bin_index,
        case
            when not is_scored then null
            when on_time_ratio_365d_is_missing then 0
            when on_time_ratio_365d_value is null then 0
            when on_time_ratio_365d_value < 0.0 then 0
            when on_time_ratio_365d_value < 0.5 then -40
            when on_time_ratio_365d_value < 0.8 then -20
            when on_time_ratio_365d_value < 0.95 then -5
            when on_time_ratio_365d_value < 1.0 then 8
            when on_time_ratio_365d_value < 1.000001 then 20
            else 0
        end as on_time_ratio_365d_points,
        case when is_scored then on_time_streak_count_value end as on_time_streak_count_value,
        case
            when not is_scored then null
            when on_time_streak_count_is_missing then 'missing'
            when on_time_streak_count_value is null then 'unseen'
            when on_time_streak_count_value < 0.0 then 'unseen'
            when on_time_streak_count_value < 1.0 then '0'
            when on_time_streak_count_value < 3.0 then '1-2'
            when on_time_streak_count_value < 6.0 then '3-5'
            when on_time_streak_count_value < 12.0 then '6-11'
            else '12+'
        end as on_time_streak_count_bin,
        case
            when not is_scored then null
            when on_time_streak_count_is_missing then null
            when on_time_streak_count_value is null then null
            when on_time_streak_count_value < 0.0 then null
            when on_time_streak_count_value < 1.0 then 0
            when on_time_streak_count_value < 3.0 then 1
            when on_time_streak_count_value < 6.0 then 2
            when on_time_streak_count_value < 12.0 then 3
            else 4
        end as on_time_streak_count_bin_index,
        case
            when not is_scored then null
            when on_time_streak_count_is_missing then 0
            when on_time_streak_count_value is null then 0
            when on_time_streak_count_value < 0.0 then 0
            when on_time_streak_count_value < 1.0 then -10
            when on_time_streak_count_value < 3.0 then 0
            when on_time_streak_count_value < 6.0 then 9
            when on_time_streak_count_value < 12.0 then 18
            else 26
        end as on_time_streak_count_points,
        case when is_scored then repayment_amount_90d_value end as repayment_amount_90d_value,
        case
            when not is_scored then null
            when repayment_amount_90d_is_missing then 'missing'
            when repayment_amount_90d_value is null then 'unseen'
            when repayment_amount_90d_value < 0.0 then 'unseen'
            when repayment_amount_90d_value < 0.01 then '0'
            when repayment_amount_90d_value < 1000.0 then '0.01 to < 1,000'
            when repayment_amount_90d_value < 5000.0 then '1,000 to < 5,000'
            when repayment_amount_90d_value < 20000.0 then '5,000 to < 20,000'
            else '>= 20,000'
        end as repayment_amount_90d_bin,
        case
            when not is_scored then null
            when repayment_amount_90d_is_missing then null
            when repayment_amount_90d_value is null then null
            when repayment_amount_90d_value < 0.0 then null
            when repayment_amount_90d_value < 0.01 then 0
            when repayment_amount_90d_value < 1000.0 then 1
            when repayment_amount_90d_value < 5000.0 then 2
            when repayment_amount_90d_value < 20000.0 then 3
            else 4
        end as repayment_amount_90d_bin_index,
        case
            when not is_scored then null
            when repayment_amount_90d_is_missing then 0
            when repayment_amount_90d_value is null then 0
            when repayment_amount_90d_value < 0.0 then 0
            when repayment_amount_90d_value < 0.01 then -6
            when repayment_amount_90d_value < 1000.0 then 0
            when repayment_amount_90d_value < 5000.0 then 4
            when repayment_amount_90d_value < 20000.0 then 9
            else 14
        end as repayment_amount_90d_points,
        case when is_scored then months_on_book_value end as months_on_book_value,
        case
            when not is_scored then null
            when months_on_book_is_missing then 'missing'
            when months_on_book_value is null then 'unseen'
            when months_on_book_value < 0.0 then 'unseen'
            when months_on_book_value < 3.0 then '0-2'
            when months_on_book_value < 6.0 then '3-5'
            when months_on_book_value < 12.0 then '6-11'
            when months_on_book_value < 24.0 then '12-23'
            when months_on_book_value < 60.0 then '24-59'
            else '60+'
        end as months_on_book_bin,
        case
            when not is_scored then null
            when months_on_book_is_missing then null
            when months_on_book_value is null then null
            when months_on_book_value < 0.0 then null
            when months_on_book_value < 3.0 then 0
            when months_on_book_value < 6.0 then 1
            when months_on_book_value < 12.0 then 2
            when months_on_book_value < 24.0 then 3
            when months_on_book_value < 60.0 then 4
            else 5
        end as months_on_book_bin_index,
        case
            when not is_scored then null
            when months_on_book_is_missing then 0
            when months_on_book_value is null then 0
            when months_on_book_value < 0.0 then 0
            when months_on_book_value < 3.0 then -10
            when months_on_book_value < 6.0 then -4
            when months_on_book_value < 12.0 then 3
            when months_on_book_value < 24.0 then 8
            when months_on_book_value < 60.0 then 14
            else 20
        end as months_on_book_points,
        case when is_scored then current_dpd_days_value end as current_dpd_days_value,
        case
            when not is_scored then null
            when current_dpd_days_is_missing then 'missing'
            when current_dpd_days_value is null then 'unseen'
            when current_dpd_days_value < 0.0 then 'unseen'
            when current_dpd_days_value < 1.0 then '0'
            when current_dpd_days_value < 7.0 then '1-6'
            when current_dpd_days_value < 30.0 then '7-29'
            when current_dpd_days_value < 90.0 then '30-89'
            else '90+'
        end as current_dpd_days_bin,
        case
            when not is_scored then null
            when current_dpd_days_is_missing then null
            when current_dpd_days_value is null then null
            when current_dpd_days_value < 0.0 then null
            when current_dpd_days_value < 1.0 then 0
            when current_dpd_days_value < 7.0 then 1
            when current_dpd_days_value < 30.0 then 2
            when current_dpd_days_value < 90.0 then 3
            else 4
        end as current_dpd_days_bin_index,
        case
            when not is_scored then null
            when current_dpd_days_is_missing then 0
            when current_dpd_days_value is null then 0
            when current_dpd_days_value < 0.0 then 0
            when current_dpd_days_value < 1.0 then 0
            when current_dpd_days_value < 7.0 then -25
            when current_dpd_days_value < 30.0 then -55
            when current_dpd_days_value < 90.0 then -95
            else -150
        end as current_dpd_days_points,
        case when is_scored then reported_dpd_days_value end as reported_dpd_days_value,
        case
            when not is_scored then null
            when reported_dpd_days_is_missing then 'missing'
            when reported_dpd_days_value is null then 'unseen'
            when reported_dpd_days_value < 0.0 then 'unseen'
            when reported_dpd_days_value < 1.0 then '0'
            when reported_dpd_days_value < 7.0 then '1-6'
            when reported_dpd_days_value < 30.0 then '7-29'
            when reported_dpd_days_value < 90.0 then '30-89'
            else '90+'
        end as reported_dpd_days_bin,
        case
            when not is_scored then null
            when reported_dpd_days_is_missing then null
            when reported_dpd_days_value is null then null
            when reported_dpd_days_value < 0.0 then null
            when reported_dpd_days_value < 1.0 then 0
            when reported_dpd_days_value < 7.0 then 1
            when reported_dpd_days_value < 30.0 then 2
            when reported_dpd_days_value < 90.0 then 3
            else 4
        end as reported_dpd_days_bin_index,
        case
            when not is_scored then null
            when reported_dpd_days_is_missing then 0
            when reported_dpd_days_value is null then 0
            when reported_dpd_days_value < 0.0 then 0
            when reported_dpd_days_value < 1.0 then 0
            when reported_dpd_days_value < 7.0 then -20
            when reported_dpd_days_value < 30.0 then -45
            when reported_dpd_days_value < 90.0 then -75
            else -120
        end as reported_dpd_days_points,
        case when is_scored then worst_dpd_days_24m_value end as worst_dpd_days_24m_value,
        case
            when not is_scored then null
            when worst_dpd_days_24m_is_missing then 'missing'
            when worst_dpd_days_24m_value is null then 'unseen'
            when worst_dpd_days_24m_value < 0.0 then 'unseen'
            when worst_dpd_days_24m_value < 1.0 then '0'
            when worst_dpd_days_24m_value < 7.0 then '1-6'
            when worst_dpd_days_24m_value < 30.0 then '7-29'
            when worst_dpd_days_24m_value < 90.0 then '30-89'
            else '90+'
        end as worst_dpd_days_24m_bin,
        case
            when not is_scored then null
            when worst_dpd_days_24m_is_missing then null
            when worst_dpd_days_24m_value is null then null
            when worst_dpd_days_24m_value < 0.0 then null
            when worst_dpd_days_24m_value < 1.0 then 0
            when worst_dpd_days_24m_value < 7.0 then 1
            when worst_dpd_days_24m_value < 30.0 then 2
            when worst_dpd_days_24m_value < 90.0 then 3
            else 4
        end as worst_dpd_days_24m_bin_index,
        case
            when not is_scored then null
            when worst_dpd_days_24m_is_missing then 0
            when worst_dpd_days_24m_value is null then 0
            when worst_dpd_days_24m_value < 0.0 then 0
            when worst_dpd_days_24m_value < 1.0 then 0
            when worst_dpd_days_24m_value < 7.0 then -5
            when worst_dpd_days_24m_value < 30.0 then -18
            when worst_dpd_days_24m_value < 90.0 then -40
            else -70
        end as worst_dpd_days_24m_points,
        case when is_scored then late_payment_count_365d_value end as late_payment_count_365d_value,
        case
            when not is_scored then null
            when late_payment_count_365d_is_missing then 'missing'
            when late_payment_count_365d_value is null then 'unseen'
            when late_payment_count_365d_value < 0.0 then 'unseen'
            when late_payment_count_365d_value < 1.0 then '0'
            when late_payment_count_365d_value < 2.0 then '1'
            when late_payment_count_365d_value < 4.0 then '2-3'
            else '4+'
        end as late_payment_count_365d_bin,
        case
            when not is_scored then null
            when late_payment_count_365d_is_missing then null
            when late_payment_count_365d_value is null then null
            when late_payment_count_365d_value < 0.0 then null
            when late_payment_count_365d_value < 1.0 then 0
            when late_payment_count_365d_value < 2.0 then 1
            when late_payment_count_365d_value < 4.0 then 2
            else 3
        end as late_payment_count_365d_bin_index,
        case
            when not is_scored then null
            when late_payment_count_365d_is_missing then 0
            when late_payment_count_365d_value is null then 0
            when late_payment_count_365d_value < 0.0 then 0
            when late_payment_count_365d_value < 1.0 then 0
            when late_payment_count_365d_value < 2.0 then -8
            when late_payment_count_365d_value < 4.0 then -18
            else -30
        end as late_payment_count_365d_points,
        case when is_scored then written_off_count_value end as written_off_count_value,
        case
            when not is_scored then null
            when written_off_count_is_missing then 'missing'
            when written_off_count_value is null then 'unseen'
            when written_off_count_value < 0.0 then 'unseen'
            when written_off_count_value < 1.0 then '0'
            else '1+'
        end as written_off_count_bin,
        case
            when not is_scored then null
            when written_off_count_is_missing then null
            when written_off_count_value is null then null
            when written_off_count_value < 0.0 then null
            when written_off_count_value < 1.0 then 0
            else 1
        end as written_off_count_bin_index,
        case
            when not is_scored then null
            when written_off_count_is_missing then 0
            when written_off_count_value is null then 0
            when written_off_count_value < 0.0 then 0
            when written_off_count_value < 1.0 then 0
            else -100
        end as written_off_count_points,
        case when is_scored then application_count_90d_value end as application_count_90d_value,
        case
            when not is_scored then null
            when application_count_90d_is_missing then 'missing'
            when application_count_90d_value is null then 'unseen'
            when application_count_90d_value < 0.0 then 'unseen'
            when application_count_90d_value < 2.0 then '0-1'
            when application_count_90d_value < 4.0 then '2-3'
            else '4+'
        end as application_count_90d_bin,
        case
            when not is_scored then null
            when application_count_90d_is_missing then null
            when application_count_90d_value is null then null
            when application_count_90d_value < 0.0 then null
            when application_count_90d_value < 2.0 then 0
            when application_count_90d_value < 4.0 then 1
            else 2
        end as application_count_90d_bin_index,
        case
            when not is_scored then null
            when application_count_90d_is_missing then 0
            when application_count_90d_value is null then 0
            when application_count_90d_value < 0.0 then 0
            when application_count_90d_value < 2.0 then 3
            when application_count_90d_value < 4.0 then -5
            else -15
        end as application_count_90d_points,
        case when is_scored then revolving_limit_amount_value end as revolving_limit_amount_value,
        case
            when not is_scored then null
            when revolving_limit_amount_is_missing then 'missing'
            when revolving_limit_amount_value is null then 'unseen'
            when revolving_limit_amount_value < 0.0 then 'unseen'
            when revolving_limit_amount_value < 500.0 then '< 500'
            when revolving_limit_amount_value < 2000.0 then '500 to < 2,000'
            when revolving_limit_amount_value < 10000.0 then '2,000 to < 10,000'
            when revolving_limit_amount_value < 30000.0 then '10,000 to < 30,000'
            when revolving_limit_amount_value < 80000.0 then '30,000 to < 80,000'
            when revolving_limit_amount_value < 200000.0 then '80,000 to < 200,000'
            else '>= 200,000'
        end as revolving_limit_amount_bin,
        case
            when not is_scored then null
            when revolving_limit_amount_is_missing then null
            when revolving_limit_amount_value is null then null
            when revolving_limit_amount_value < 0.0 then null
            when revolving_limit_amount_value < 500.0 then 0
            when revolving_limit_amount_value < 2000.0 then 1
            when revolving_limit_amount_value < 10000.0 then 2
            when revolving_limit_amount_value < 30000.0 then 3
            when revolving_limit_amount_value < 80000.0 then 4
            when revolving_limit_amount_value < 200000.0 then 5
            else 6
        end as revolving_limit_amount_bin_index,
        case
            when not is_scored then null
            when revolving_limit_amount_is_missing then 0
            when revolving_limit_amount_value is null then 0
            when revolving_limit_amount_value < 0.0 then 0
            when revolving_limit_amount_value < 500.0 then -10
            when revolving_limit_amount_value < 2000.0 then -4
            when revolving_limit_amount_value < 10000.0 then 4
            when revolving_limit_amount_value < 30000.0 then 9
            when revolving_limit_amount_value < 80000.0 then 15
            when revolving_limit_amount_value < 200000.0 then 21
            else 26
        end as revolving_limit_amount_points,
        case when is_scored then revolving_utilisation_ratio_value end as revolving_utilisation_ratio_value,
        case
            when not is_scored then null
            when revolving_utilisation_ratio_is_missing then 'missing'
            when revolving_utilisation_ratio_value is null then 'unseen'
            when revolving_utilisation_ratio_value < 0.0 then 'unseen'
            when revolving_utilisation_ratio_value < 0.1 then '0 to < 0.1'
            when revolving_utilisation_ratio_value < 0.3 then '0.1 to < 0.3'
            when revolving_utilisation_ratio_value < 0.5 then '0.3 to < 0.5'
            when revolving_utilisation_ratio_value < 0.75 then '0.5 to < 0.75'
            when revolving_utilisation_ratio_value < 0.9 then '0.75 to < 0.9'
            when revolving_utilisation_ratio_value < 1.000001 then '0.9 to 1'
            else 'unseen'
        end as revolving_utilisation_ratio_bin,
        case
            when not is_scored then null
            when revolving_utilisation_ratio_is_missing then null
            when revolving_utilisation_ratio_value is null then null
            when revolving_utilisation_ratio_value < 0.0 then null
            when revolving_utilisation_ratio_value < 0.1 then 0
            when revolving_utilisation_ratio_value < 0.3 then 1
            when revolving_utilisation_ratio_value < 0.5 then 2
            when revolving_utilisation_ratio_value < 0.75 then 3
            when revolving_utilisation_ratio_value < 0.9 then 4
            when revolving_utilisation_ratio_value < 1.000001 then 5
            else null
        end as revolving_utilisation_ratio_bin_index,
        case
            when not is_scored then null
            when revolving_utilisation_ratio_is_missing then 0
            when revolving_utilisation_ratio_value is null then 0
            when revolving_utilisation_ratio_value < 0.0 then 0
            when revolving_utilisation_ratio_value < 0.1 then 15
            when revolving_utilisation_ratio_value < 0.3 then 11
            when revolving_utilisation_ratio_value < 0.5 then 5
            when revolving_utilisation_ratio_value < 0.75 then -4
            when revolving_utilisation_ratio_value < 0.9 then -12
            when revolving_utilisation_ratio_value < 1.000001 then -20
            else 0
        end as revolving_utilisation_ratio_points,
        case when is_scored then draw_before_repayment_count_90d_value end as draw_before_repayment_count_90d_value,
        case
            when not is_scored then null
            when draw_before_repayment_count_90d_is_missing then 'missing'
            when draw_before_repayment_count_90d_value is null then 'unseen'
            when draw_before_repayment_count_90d_value < 0.0 then 'unseen'
            when draw_before_repayment_count_90d_value < 1.0 then '0'
            when draw_before_repayment_count_90d_value < 2.0 then '1'
            else '2+'
        end as draw_before_repayment_count_90d_bin,
        case
            when not is_scored then null
            when draw_before_repayment_count_90d_is_missing then null
            when draw_before_repayment_count_90d_value is null then null
            when draw_before_repayment_count_90d_value < 0.0 then null
            when draw_before_repayment_count_90d_value < 1.0 then 0
            when draw_before_repayment_count_90d_value < 2.0 then 1
            else 2
        end as draw_before_repayment_count_90d_bin_index,
        case
            when not is_scored then null
            when draw_before_repayment_count_90d_is_missing then 0
            when draw_before_repayment_count_90d_value is null then 0
            when draw_before_repayment_count_90d_value < 0.0 then 0
            when draw_before_repayment_count_90d_value < 1.0 then 3
            when draw_before_repayment_count_90d_value < 2.0 then -7
            else -20
        end as draw_before_repayment_count_90d_points,
        case when is_scored then cash_to_spend_ratio_90d_value end as cash_to_spend_ratio_90d_value,
        case
            when not is_scored then null
            when cash_to_spend_ratio_90d_is_missing then 'missing'
            when cash_to_spend_ratio_90d_value is null then 'unseen'
            when cash_to_spend_ratio_90d_value < 0.0 then 'unseen'
            when cash_to_spend_ratio_90d_value < 0.1 then '0 to < 0.1'
            when cash_to_spend_ratio_90d_value < 0.5 then '0.1 to < 0.5'
            when cash_to_spend_ratio_90d_value < 1.000001 then '0.5 to 1'
            else 'unseen'
        end as cash_to_spend_ratio_90d_bin,
        case
            when not is_scored then null
            when cash_to_spend_ratio_90d_is_missing then null
            when cash_to_spend_ratio_90d_value is null then null
            when cash_to_spend_ratio_90d_value < 0.0 then null
            when cash_to_spend_ratio_90d_value < 0.1 then 0
            when cash_to_spend_ratio_90d_value < 0.5 then 1
            when cash_to_spend_ratio_90d_value < 1.000001 then 2
            else null
        end as cash_to_spend_ratio_90d_bin_index,
        case
            when not is_scored then null
            when cash_to_spend_ratio_90d_is_missing then 0
            when cash_to_spend_ratio_90d_value is null then 0
            when cash_to_spend_ratio_90d_value < 0.0 then 0
            when cash_to_spend_ratio_90d_value < 0.1 then 4
            when cash_to_spend_ratio_90d_value < 0.5 then 0
            when cash_to_spend_ratio_90d_value < 1.000001 then -9
            else 0
        end as cash_to_spend_ratio_90d_points
    from statuses
),

added as (
    select
        *,
        spend_amount_90d_points + spend_active_days_90d_points + spend_30d_share_ratio_90d_points as points_spending,
        payment_ratio_180d_points + full_payment_ratio_365d_points + minimum_only_ratio_365d_points + on_time_ratio_365d_points + on_time_streak_count_points + repayment_amount_90d_points as points_repayment,
        months_on_book_points + current_dpd_days_points + reported_dpd_days_points + worst_dpd_days_24m_points + late_payment_count_365d_points + written_off_count_points + application_count_90d_points as points_history,
        revolving_limit_amount_points + revolving_utilisation_ratio_points + draw_before_repayment_count_90d_points + cash_to_spend_ratio_90d_points as points_linkage,
        0 + {{ whole_quotient('(greatest(spend_amount_90d_points - (-6), 0) * spend_amount_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(spend_active_days_90d_points - (-6), 0) * spend_active_days_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(spend_30d_share_ratio_90d_points - (-8), 0) * spend_30d_share_ratio_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(payment_ratio_180d_points - (-24), 0) * payment_ratio_180d_open_months + 5)', 6) }} + {{ whole_quotient('(greatest(full_payment_ratio_365d_points - (-6), 0) * full_payment_ratio_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(minimum_only_ratio_365d_points - (-8), 0) * minimum_only_ratio_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(on_time_ratio_365d_points - (-40), 0) * on_time_ratio_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(on_time_streak_count_points - (-10), 0) * on_time_streak_count_open_months + 23)', 24) }} + {{ whole_quotient('(greatest(repayment_amount_90d_points - (-6), 0) * repayment_amount_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(worst_dpd_days_24m_points - (-70), 0) * worst_dpd_days_24m_open_months + 23)', 24) }} + {{ whole_quotient('(greatest(late_payment_count_365d_points - (-30), 0) * late_payment_count_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(application_count_90d_points - (-15), 0) * application_count_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(draw_before_repayment_count_90d_points - (-20), 0) * draw_before_repayment_count_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(cash_to_spend_ratio_90d_points - (-9), 0) * cash_to_spend_ratio_90d_open_months + 2)', 3) }} as points_open_below,
        0 + {{ whole_quotient('(greatest(12 - spend_amount_90d_points, 0) * spend_amount_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(11 - spend_active_days_90d_points, 0) * spend_active_days_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(6 - spend_30d_share_ratio_90d_points, 0) * spend_30d_share_ratio_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(18 - payment_ratio_180d_points, 0) * payment_ratio_180d_open_months + 5)', 6) }} + {{ whole_quotient('(greatest(18 - full_payment_ratio_365d_points, 0) * full_payment_ratio_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(4 - minimum_only_ratio_365d_points, 0) * minimum_only_ratio_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(20 - on_time_ratio_365d_points, 0) * on_time_ratio_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(26 - on_time_streak_count_points, 0) * on_time_streak_count_open_months + 23)', 24) }} + {{ whole_quotient('(greatest(14 - repayment_amount_90d_points, 0) * repayment_amount_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(0 - worst_dpd_days_24m_points, 0) * worst_dpd_days_24m_open_months + 23)', 24) }} + {{ whole_quotient('(greatest(0 - late_payment_count_365d_points, 0) * late_payment_count_365d_open_months + 11)', 12) }} + {{ whole_quotient('(greatest(3 - application_count_90d_points, 0) * application_count_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(3 - draw_before_repayment_count_90d_points, 0) * draw_before_repayment_count_90d_open_months + 2)', 3) }} + {{ whole_quotient('(greatest(4 - cash_to_spend_ratio_90d_points, 0) * cash_to_spend_ratio_90d_open_months + 2)', 3) }} as points_open_above
    from earned
),

totalled as (
    select
        *,
        565 + points_spending + points_repayment + points_history + points_linkage as points_total
    from added
)

select
    {{ keys | join(', ') }},
    case when is_scored then least(greatest(points_total, 350), 950) end as score,
    score_status,
    score_status_reason,
    case when is_scored then 565 end as points_base,
    points_spending,
    points_repayment,
    points_history,
    points_linkage,
    case when is_scored then least(greatest(points_total, 350), 950) - points_total end as points_clipped,
    case when is_scored then cast(least(greatest(points_total - points_open_below, 350), 950) as int) end as score_low,
    case when is_scored then cast(least(greatest(points_total + points_open_above, 350), 950) as int) end as score_high,
    evidence_strength,
    spend_amount_90d_value,
    spend_amount_90d_bin,
    spend_amount_90d_bin_index,
    spend_amount_90d_points,
    spend_active_days_90d_value,
    spend_active_days_90d_bin,
    spend_active_days_90d_bin_index,
    spend_active_days_90d_points,
    spend_30d_share_ratio_90d_value,
    spend_30d_share_ratio_90d_bin,
    spend_30d_share_ratio_90d_bin_index,
    spend_30d_share_ratio_90d_points,
    payment_ratio_180d_value,
    payment_ratio_180d_bin,
    payment_ratio_180d_bin_index,
    payment_ratio_180d_points,
    full_payment_ratio_365d_value,
    full_payment_ratio_365d_bin,
    full_payment_ratio_365d_bin_index,
    full_payment_ratio_365d_points,
    minimum_only_ratio_365d_value,
    minimum_only_ratio_365d_bin,
    minimum_only_ratio_365d_bin_index,
    minimum_only_ratio_365d_points,
    on_time_ratio_365d_value,
    on_time_ratio_365d_bin,
    on_time_ratio_365d_bin_index,
    on_time_ratio_365d_points,
    on_time_streak_count_value,
    on_time_streak_count_bin,
    on_time_streak_count_bin_index,
    on_time_streak_count_points,
    repayment_amount_90d_value,
    repayment_amount_90d_bin,
    repayment_amount_90d_bin_index,
    repayment_amount_90d_points,
    months_on_book_value,
    months_on_book_bin,
    months_on_book_bin_index,
    months_on_book_points,
    current_dpd_days_value,
    current_dpd_days_bin,
    current_dpd_days_bin_index,
    current_dpd_days_points,
    reported_dpd_days_value,
    reported_dpd_days_bin,
    reported_dpd_days_bin_index,
    reported_dpd_days_points,
    worst_dpd_days_24m_value,
    worst_dpd_days_24m_bin,
    worst_dpd_days_24m_bin_index,
    worst_dpd_days_24m_points,
    late_payment_count_365d_value,
    late_payment_count_365d_bin,
    late_payment_count_365d_bin_index,
    late_payment_count_365d_points,
    written_off_count_value,
    written_off_count_bin,
    written_off_count_bin_index,
    written_off_count_points,
    application_count_90d_value,
    application_count_90d_bin,
    application_count_90d_bin_index,
    application_count_90d_points,
    revolving_limit_amount_value,
    revolving_limit_amount_bin,
    revolving_limit_amount_bin_index,
    revolving_limit_amount_points,
    revolving_utilisation_ratio_value,
    revolving_utilisation_ratio_bin,
    revolving_utilisation_ratio_bin_index,
    revolving_utilisation_ratio_points,
    draw_before_repayment_count_90d_value,
    draw_before_repayment_count_90d_bin,
    draw_before_repayment_count_90d_bin_index,
    draw_before_repayment_count_90d_points,
    cash_to_spend_ratio_90d_value,
    cash_to_spend_ratio_90d_bin,
    cash_to_spend_ratio_90d_bin_index,
    cash_to_spend_ratio_90d_points
from totalled
{%- endmacro %}

{% macro expert_v1_features() -%}
select
    users.user_key,
    users.as_of_date,
    users.known_on,
    users.has_scoring_consent,
    users.months_on_book,
    users.evidence_days,
    fct_user_spending_daily.spend_amount_90d,
    fct_user_spending_daily.spend_active_days_90d,
    fct_user_spending_daily.spend_30d_share_ratio_90d,
    fct_user_repayment_daily.payment_ratio_180d,
    fct_user_repayment_daily.full_payment_ratio_365d,
    fct_user_repayment_daily.minimum_only_ratio_365d,
    fct_user_repayment_daily.on_time_ratio_365d,
    fct_user_repayment_daily.on_time_streak_count,
    fct_user_repayment_daily.repayment_amount_90d,
    fct_user_credit_history_daily.current_dpd_days,
    fct_user_credit_history_daily.reported_dpd_days,
    fct_user_credit_history_daily.worst_dpd_days_24m,
    fct_user_credit_history_daily.late_payment_count_365d,
    fct_user_credit_history_daily.written_off_count,
    fct_user_credit_history_daily.application_count_90d,
    fct_user_product_linkage_daily.revolving_limit_amount,
    fct_user_product_linkage_daily.revolving_utilisation_ratio,
    fct_user_product_linkage_daily.draw_before_repayment_count_90d,
    fct_user_product_linkage_daily.cash_to_spend_ratio_90d
from {{ ref('dim_user_night') }} as users
inner join {{ ref('fct_user_credit_history_daily') }} as fct_user_credit_history_daily
    on users.user_key = fct_user_credit_history_daily.user_key
        and users.as_of_date = fct_user_credit_history_daily.as_of_date
        and users.known_on = fct_user_credit_history_daily.known_on
inner join {{ ref('fct_user_product_linkage_daily') }} as fct_user_product_linkage_daily
    on users.user_key = fct_user_product_linkage_daily.user_key
        and users.as_of_date = fct_user_product_linkage_daily.as_of_date
        and users.known_on = fct_user_product_linkage_daily.known_on
inner join {{ ref('fct_user_repayment_daily') }} as fct_user_repayment_daily
    on users.user_key = fct_user_repayment_daily.user_key
        and users.as_of_date = fct_user_repayment_daily.as_of_date
        and users.known_on = fct_user_repayment_daily.known_on
inner join {{ ref('fct_user_spending_daily') }} as fct_user_spending_daily
    on users.user_key = fct_user_spending_daily.user_key
        and users.as_of_date = fct_user_spending_daily.as_of_date
        and users.known_on = fct_user_spending_daily.known_on
{%- endmacro %}
