{%- set loan = 'as_of_date, known_on, loan_key' -%}
with schedules as (
    select
        {{ loan }},
        max(due_date) as last_due_date,
        -- An instalment of nothing (a pause) settles nothing and leaves nothing unsettled.
        max(case when coalesce(amount_due, 1) > 0 then settled_date end) as last_settled_date,
        min(case
            when amount_due <= 0 then null
            when settled_date is null then 0
            else 1
        end) as is_settled
    from {{ ref('int_installments__settled') }}
    group by {{ loan }}
),

final as (
    select
        draws.as_of_date,
        draws.known_on,
        draws.loan_key,
        draws.user_key,
        draws.disbursed_date,
        -- A loan without a schedule runs until it is closed; a closing ends every other one too.
        least(
            coalesce(schedules.last_due_date, loans.closed_date, draws.as_of_date),
            loans.closed_date
        ) as running_to_date,
        case
            when not draws.is_open and schedules.is_settled = 1
                then schedules.last_settled_date
        end as settled_date
    from {{ ref('int_draws__linked') }} as draws
    inner join {{ ref('int_loans__known') }} as loans
        on
            draws.as_of_date = loans.as_of_date
            and draws.loan_key = loans.loan_key
    left join schedules
        on
            draws.as_of_date = schedules.as_of_date
            and draws.loan_key = schedules.loan_key
)

select * from final
