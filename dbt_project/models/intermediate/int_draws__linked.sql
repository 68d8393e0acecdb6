{#- Three days: a draw that is followed so soon by a payment on the line was likely made for it. -#}
{%- set days_before_repayment = 3 -%}
with draws as (
    select *
    from {{ ref('int_loans__outstanding') }}
    where counts_as_cash
),

followed as (
    select
        draws.as_of_date,
        draws.known_on,
        draws.loan_key
    from draws
    inner join {{ ref('int_repayments__resolved') }} as repayments
        on
            {{ same_user_night('draws', 'repayments') }}
            and repayments.paid_at >= draws.disbursed_at
            and repayments.paid_date
            <= {{ add_days('draws.disbursed_date', days_before_repayment) }}
    where
        repayments.family = 'revolving'
        and repayments.is_succeeded
        and repayments.held_reason is null
    group by draws.as_of_date, draws.known_on, draws.loan_key
),

final as (
    select
        draws.as_of_date,
        draws.known_on,
        draws.loan_key,
        draws.user_key,
        draws.disbursed_date,
        draws.principal,
        draws.is_open,
        {{ days_between('draws.as_of_date', 'draws.disbursed_date') }} as days_ago,
        followed.loan_key is not null as is_before_repayment
    from draws
    left join followed
        on
            draws.as_of_date = followed.as_of_date
            and draws.loan_key = followed.loan_key
)

select * from final
