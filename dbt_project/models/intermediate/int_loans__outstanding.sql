{%- set loan = 'as_of_date, known_on, loan_key' -%}
with payments as (
    select
        {{ loan }},
        sum(amount) as paid_amount,
        max(case when is_final and installment_key is null then 1 else 0 end) as is_final
    from {{ ref('int_repayments__resolved') }}
    where loan_key is not null and is_succeeded and held_reason is null
    group by {{ loan }}
),

schedules as (
    select
        {{ loan }},
        sum(owed_amount) as owed_amount,
        max(case when amount_due is null then 1 else 0 end) as has_unknown_amount,
        -- An instalment of nothing (a pause) keeps no loan open.
        min(case when settled_date is null and coalesce(amount_due, 1) > 0 then 0 else 1 end)
            as is_settled
    from {{ ref('int_installments__settled') }}
    group by {{ loan }}
),

loans as (
    select
        loans.*,
        coalesce(schedules.is_settled, payments.is_final, 0) = 1
        or coalesce(loans.close_reason, '') = 'repaid' as is_settled,
        schedules.has_unknown_amount = 0 as is_scheduled,
        schedules.owed_amount as scheduled_amount,
        greatest(
            coalesce(loans.total_due, loans.principal) - coalesce(payments.paid_amount, 0)
            - coalesce(loans.written_off_amount, 0), 0
        ) as unscheduled_amount
    from {{ ref('int_loans__known') }} as loans
    left join payments
        on
            loans.as_of_date = payments.as_of_date
            and loans.loan_key = payments.loan_key
    left join schedules
        on
            loans.as_of_date = schedules.as_of_date
            and loans.loan_key = schedules.loan_key
    where
        loans.disbursed_date is not null
        and coalesce(loans.close_reason, '') <> 'cancelled'
),

final as (
    select
        {{ loan }},
        user_key,
        product,
        family,
        counts_as_cash,
        disbursed_at,
        disbursed_date,
        principal,
        not is_settled and closed_date is null as is_open,
        cast(
            case
                when is_settled then 0
                when is_scheduled then scheduled_amount
                when is_written_off and written_off_amount is null then 0
                else unscheduled_amount
            end as decimal(18, 2)
        ) as outstanding_amount,
        is_written_off
    from loans
)

select * from final
