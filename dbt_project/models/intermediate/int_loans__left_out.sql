{#-
    Closed as repaid before every window began, all of its instalments due and all of its payments
    made by then: of such a loan only its own row says anything.
-#}
with loans as (
    select
        loans.as_of_date,
        loans.known_on,
        loans.user_key,
        loans.loan_key,
        loans.family,
        loans.account_key,
        loans.disbursed_date,
        {{ add_months('loans.as_of_date', -24) }} as window_start
    from {{ ref('int_loans__known') }} as loans
    where
        loans.repaid_date <= {{ add_months('loans.as_of_date', -24) }}
        and loans.closed_date is not null
        and loans.disbursed_date is not null
        and not loans.is_written_off
),

disputed_users as (
    select users.as_of_date, users.surviving_key as user_key
    from {{ ref('stg_disputes') }} as disputes
    inner join {{ ref('int_users__resolved') }} as users
        on
            disputes.user_key = users.user_key
            and {{ is_known('disputes', 'users') }}
    where disputes.record_kind <> 'statement'
    group by users.as_of_date, users.surviving_key
),

later_dues as (
    select loans.as_of_date, loans.loan_key
    from {{ ref('stg_installments') }} as installments
    inner join loans
        on
            installments.loan_key = loans.loan_key
            and {{ is_known('installments', 'loans') }}
    cross join {{ source('ops', 'run_parameters') }} as run_parameters
    where
        {{ add_days('installments.due_date', 'run_parameters.due_grace_days') }}
        >= loans.window_start
    group by loans.as_of_date, loans.loan_key
),

later_payments as (
    select loans.as_of_date, loans.loan_key
    from {{ ref('stg_repayments') }} as repayments
    inner join loans
        on
            repayments.loan_key = loans.loan_key
            and repayments.paid_date > loans.window_start
            and {{ is_known('repayments', 'loans') }}
    group by loans.as_of_date, loans.loan_key
),

-- What was paid into their account fills the oldest instalments of all its loans.
paid_accounts as (
    select loans.as_of_date, loans.user_key, loans.account_key
    from {{ ref('stg_repayments') }} as repayments
    inner join {{ ref('int_users__resolved') }} as users
        on
            repayments.user_key = users.user_key
            and {{ is_known('repayments', 'users') }}
    inner join loans
        on
            users.as_of_date = loans.as_of_date
            and users.surviving_key = loans.user_key
            and repayments.account_key = loans.account_key
            and repayments.paid_date <= loans.window_start
    group by loans.as_of_date, loans.user_key, loans.account_key
),

final as (
    select
        loans.as_of_date,
        loans.known_on,
        loans.user_key,
        loans.loan_key,
        loans.family,
        loans.account_key,
        loans.disbursed_date
    from loans
    left join disputed_users
        on
            loans.as_of_date = disputed_users.as_of_date
            and loans.user_key = disputed_users.user_key
    left join later_dues
        on
            loans.as_of_date = later_dues.as_of_date
            and loans.loan_key = later_dues.loan_key
    left join later_payments
        on
            loans.as_of_date = later_payments.as_of_date
            and loans.loan_key = later_payments.loan_key
    left join paid_accounts
        on
            loans.as_of_date = paid_accounts.as_of_date
            and loans.user_key = paid_accounts.user_key
            and loans.account_key = paid_accounts.account_key
    where
        disputed_users.user_key is null
        and later_dues.loan_key is null
        and later_payments.loan_key is null
        and paid_accounts.account_key is null
)

select * from final
