-- A table of its own, so that the engine knows how large it is when it joins what is paid.
select
    users.as_of_date,
    users.known_on,
    users.surviving_key as user_key,
    stg_repayments.version_key as repayment_key,
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
