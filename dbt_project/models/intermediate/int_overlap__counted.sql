{%- set user = 'as_of_date, known_on, user_key' -%}
with draws as (
    select
        *,
        max(running_to_date) over (
            partition by as_of_date, user_key
            order by disbursed_date, loan_key
            rows between unbounded preceding and 1 preceding
        ) as covered_to_date
    from {{ ref('int_draws__scheduled') }}
    where running_to_date > {{ add_days('as_of_date', -365) }}
),

-- Each draw adds the days that those before it did not cover: no bill meets two of them.
stretches as (
    select
        {{ user }},
        greatest(disbursed_date, coalesce({{ add_days('covered_to_date', 1) }}, disbursed_date))
            as first_date,
        running_to_date as last_date
    from draws
),

final as (
    select
        bills.as_of_date,
        bills.known_on,
        bills.user_key,
        count(*) as overlap_statement_count_365d
    from {{ ref('int_statements__settled') }} as bills
    inner join stretches
        on
            {{ same_user_night('bills', 'stretches') }}
            and bills.statement_date between stretches.first_date and stretches.last_date
    where
        bills.amount_due > 0
        and bills.statement_date > {{ add_days('bills.as_of_date', -365) }}
    group by bills.as_of_date, bills.known_on, bills.user_key
)

select * from final
