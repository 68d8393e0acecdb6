{%- set loan = 'as_of_date, known_on, loan_key' -%}
{%- set installment = 'as_of_date, known_on, installment_key' -%}
with payments as (
    select *
    from {{ ref('int_repayments__resolved') }}
    where line_key is null and is_succeeded and held_reason is null
),

-- Nearly every instalment gets one payment. A final one settles whatever the amounts say.
named as (
    select
        {{ installment }},
        sum(amount) as amount,
        count(amount) as payment_count,
        min(case when amount is not null then paid_date end) as first_date,
        min(case when is_final then paid_date end) as final_date
    from payments
    where installment_key is not null
    group by {{ installment }}
),

-- Of several payments, the day on which their sum suffices.
days as (
    select
        payments.as_of_date,
        payments.known_on,
        payments.installment_key,
        payments.paid_date,
        sum(payments.amount) as amount
    from payments
    inner join named
        on
            payments.as_of_date = named.as_of_date
            and payments.installment_key = named.installment_key
            and named.payment_count > 1
    where payments.amount is not null
    group by
        payments.as_of_date, payments.known_on, payments.installment_key, payments.paid_date
),

running as (
    select
        *,
        sum(amount) over (
            partition by as_of_date, installment_key
            order by paid_date
            rows between unbounded preceding and current row
        ) as running_amount
    from days
),

several as (
    select
        running.as_of_date,
        running.installment_key,
        min(running.paid_date) as named_date
    from running
    inner join {{ ref('int_installments__known') }} as installments
        on
            running.as_of_date = installments.as_of_date
            and running.installment_key = installments.installment_key
            and running.running_amount >= installments.amount_due
    group by running.as_of_date, running.installment_key
),

loan_finals as (
    select {{ loan }}, min(paid_date) as final_date
    from payments
    where is_final and loan_key is not null and installment_key is null
    group by {{ loan }}
),

-- A loan closed as repaid settles its instalments like a final payment.
final as (
    select
        installments.as_of_date,
        installments.known_on,
        installments.installment_key,
        installments.loan_key,
        installments.installment_no,
        installments.user_key,
        installments.family,
        loans.product,
        loans.account_key,
        loans.disbursed_date,
        installments.due_date,
        installments.amount_due,
        installments.principal_due,
        coalesce(loans.close_reason, '') = 'repaid' as is_repaid,
        loans.is_written_off,
        loans.written_off_amount,
        least(named.final_date, loan_finals.final_date, loans.repaid_date) as final_date,
        cast(coalesce(named.amount, 0) as decimal(18, 2)) as named_amount,
        case
            when named.payment_count > 1 then several.named_date
            when named.amount >= installments.amount_due then named.first_date
        end as named_date
    from {{ ref('int_installments__known') }} as installments
    inner join {{ ref('int_loans__known') }} as loans
        on
            installments.as_of_date = loans.as_of_date
            and installments.loan_key = loans.loan_key
    left join named
        on
            installments.as_of_date = named.as_of_date
            and installments.installment_key = named.installment_key
    left join several
        on
            installments.as_of_date = several.as_of_date
            and installments.installment_key = several.installment_key
    left join loan_finals
        on
            installments.as_of_date = loan_finals.as_of_date
            and installments.loan_key = loan_finals.loan_key
    where installments.is_owed and installments.held_reason is null
)

select * from final
