-- A table of its own, so that the engine knows how large it is when it joins what is paid.
select
    users.as_of_date,
    users.known_on,
    users.surviving_key as user_key,
    stg_repayments.repayment_key,
    stg_repayments.statement_key,
    stg_repayments.loan_key,
    stg_repayments.installment_key,
    stg_repayments.account_key,
    stg_repayments.paid_at,
    stg_repayments.paid_date,
    stg_repayments.amount,
    stg_repayments.method,
    stg_repayments.status,
    stg_repayments.is_final
from {{ ref('stg_repayments') }} as stg_repayments
inner join {{ ref('int_users__resolved') }} as users
    on
        stg_repayments.user_key = users.user_key
        and stg_repayments.paid_date <= users.as_of_date
        and {{ is_known('stg_repayments', 'users') }}
left join {{ ref('int_statements__left_out') }} as left_out
    on
        users.as_of_date = left_out.as_of_date
        and stg_repayments.user_key = left_out.user_key
        and stg_repayments.paid_date < left_out.first_kept_date
        and (
            stg_repayments.statement_key is not null
            or stg_repayments.account_key = left_out.account_key
        )
left join {{ ref('int_loans__left_out') }} as left_out_loans
    on
        users.as_of_date = left_out_loans.as_of_date
        and stg_repayments.loan_key = left_out_loans.loan_key
where left_out.user_key is null and left_out_loans.loan_key is null
