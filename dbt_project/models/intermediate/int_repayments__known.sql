-- A table of its own, so that the engine knows how large it is when it joins what is paid.
select
    users.as_of_date,
    users.known_on,
    users.surviving_key as user_key,
    stg_repayments.repayment_id,
    stg_repayments.statement_id,
    stg_repayments.loan_id,
    stg_repayments.installment_no,
    stg_repayments.account_id,
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
