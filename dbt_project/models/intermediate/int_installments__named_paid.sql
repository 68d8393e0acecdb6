{%- set loan = 'as_of_date, known_on, loan_id' -%}
{%- set installment = 'as_of_date, known_on, loan_id, installment_no' -%}
with payments as (
    select *
    from {{ ref('int_repayments__resolved') }}
    where line_key is null and is_succeeded and held_reason is null
),

-- A final payment, or a loan closed as repaid, settles whatever the amounts say.
final_dates as (
    select {{ loan }}, installment_no, min(paid_date) as final_date
    from payments
    where is_final and loan_id is not null
    group by {{ loan }}, installment_no
),

schedule as (
    select
        installments.*,
        least(of_installment.final_date, of_loan.final_date, installments.repaid_date)
            as final_date
    from {{ ref('int_installments__known') }} as installments
    left join final_dates as of_installment
        on
            installments.as_of_date = of_installment.as_of_date
            and installments.loan_id = of_installment.loan_id
            and installments.installment_no = of_installment.installment_no
    left join final_dates as of_loan
        on
            installments.as_of_date = of_loan.as_of_date
            and installments.loan_id = of_loan.loan_id
            and of_loan.installment_no is null
    where installments.is_owed and installments.held_reason is null
),

named_days as (
    select {{ installment }}, paid_date, sum(amount) as amount
    from payments
    where installment_no is not null and amount is not null
    group by {{ installment }}, paid_date
),

named_running as (
    select
        *,
        sum(amount) over (
            partition by as_of_date, loan_id, installment_no
            order by paid_date
            rows between unbounded preceding and current row
        ) as named_amount
    from named_days
),

named as (
    select
        schedule.as_of_date,
        schedule.known_on,
        schedule.loan_id,
        schedule.installment_no,
        max(named_running.named_amount) as named_amount,
        min(case
            when named_running.named_amount >= schedule.amount_due
                then named_running.paid_date
        end) as named_date
    from schedule
    inner join named_running
        on
            schedule.as_of_date = named_running.as_of_date
            and schedule.loan_id = named_running.loan_id
            and schedule.installment_no = named_running.installment_no
    group by
        schedule.as_of_date,
        schedule.known_on,
        schedule.loan_id,
        schedule.installment_no
),

final as (
    select
        schedule.*,
        coalesce(named.named_amount, 0) as named_amount,
        named.named_date
    from schedule
    left join named
        on
            schedule.as_of_date = named.as_of_date
            and schedule.loan_id = named.loan_id
            and schedule.installment_no = named.installment_no
)

select * from final
