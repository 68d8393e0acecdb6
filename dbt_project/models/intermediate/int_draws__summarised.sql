{%- set user = 'as_of_date, known_on, user_key' -%}
with draws as (
    select * from {{ ref('int_draws__linked') }}
),

sums as (
    select
        {{ user }},
        {% for days in [30, 90, 180, 365] -%}
            sum(case when days_ago < {{ days }} then 1 else 0 end)
                as loan_draw_count_{{ days }}d,
        {% endfor -%}
        {% for days in [30, 90, 365] -%}
            sum(case when days_ago < {{ days }} then principal else 0 end)
                as loan_draw_amount_{{ days }}d,
        {% endfor -%}
        {% for days in [90, 365] -%}
            sum(case when days_ago < {{ days }} and is_before_repayment then 1 else 0 end)
                as draw_before_repayment_count_{{ days }}d,
        {% endfor -%}
        sum(case when days_ago < 90 and is_before_repayment then principal else 0 end)
            as draw_before_repayment_amount_90d,
        max(case when days_ago < 365 then principal end) as loan_draw_max_amount_365d,
        sum(case when is_open then 1 else 0 end) as open_loan_count,
        min(days_ago) as loan_draw_days_since_last,
        min(disbursed_date) as first_draw_date
    from draws
    group by {{ user }}
),

open_lenders as (
    select draws.as_of_date, draws.known_on, draws.user_key, loans.lender_id
    from draws
    inner join {{ ref('stg_loans') }} as loans
        on
            draws.loan_key = loans.loan_key
            and {{ is_known('loans', 'draws') }}
    where draws.is_open and loans.lender_id is not null
    group by draws.as_of_date, draws.known_on, draws.user_key, loans.lender_id
),

lenders as (
    select {{ user }}, count(*) as loan_lender_count
    from open_lenders
    group by {{ user }}
),

settled as (
    select {{ user }}, count(*) as loan_settled_count_365d
    from {{ ref('int_draws__scheduled') }}
    where settled_date <= as_of_date and settled_date > {{ add_days('as_of_date', -365) }}
    group by {{ user }}
),

final as (
    select
        sums.as_of_date,
        sums.known_on,
        sums.user_key,
        {% for count in [
            'loan_draw_count_30d', 'loan_draw_count_90d', 'loan_draw_count_180d',
            'loan_draw_count_365d', 'draw_before_repayment_count_90d',
            'draw_before_repayment_count_365d', 'open_loan_count',
        ] -%}
            cast(sums.{{ count }} as bigint) as {{ count }},
        {% endfor -%}
        {% for amount in [
            'loan_draw_amount_30d', 'loan_draw_amount_90d', 'loan_draw_amount_365d',
            'draw_before_repayment_amount_90d',
        ] -%}
            cast(sums.{{ amount }} as decimal(18, 2)) as {{ amount }},
        {% endfor -%}
        cast(coalesce(sums.loan_draw_max_amount_365d, 0) as decimal(18, 2))
            as loan_draw_max_amount_365d,
        case
            when sums.loan_draw_count_365d > 0
                then {{ exact_division(
                    'sums.loan_draw_amount_365d', 'sums.loan_draw_count_365d', 2
                ) }}
        end as loan_draw_mean_amount_365d,
        {{ ratio('sums.draw_before_repayment_count_365d', 'sums.loan_draw_count_365d') }}
            as draw_before_repayment_ratio_365d,
        sums.loan_draw_days_since_last,
        sums.first_draw_date,
        coalesce(lenders.loan_lender_count, 0) as loan_lender_count,
        coalesce(settled.loan_settled_count_365d, 0) as loan_settled_count_365d
    from sums
    left join lenders
        on
            {{ same_user_night('sums', 'lenders') }}
    left join settled
        on
            {{ same_user_night('sums', 'settled') }}
)

select * from final
