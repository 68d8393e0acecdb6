-- What an account can stand for: a line with bills, or an account that loans are drawn from. Few
-- payments name one.
with paid_accounts as (
    select as_of_date, user_key, account_key
    from {{ ref('int_repayments__known') }}
    where account_key is not null
    group by as_of_date, user_key, account_key
),

mentions as (
    select as_of_date, account_key, user_key, family, 1 as is_line
    from {{ ref('int_statements__known') }}
    where account_key is not null
    union all
    select as_of_date, account_key, user_key, family, 0 as is_line
    from {{ ref('int_loans__known') }}
    where account_key is not null
    union all
    select
        as_of_date,
        account_key,
        user_key,
        family,
        case when family = 'revolving' then 1 else 0 end as is_line
    from {{ ref('int_accounts__effective') }}
),

accounts as (
    select
        mentions.as_of_date,
        mentions.account_key,
        mentions.user_key,
        max(mentions.is_line) as is_line,
        min(mentions.family) as family
    from mentions
    inner join paid_accounts
        on
            {{ same_user_night('mentions', 'paid_accounts') }}
            and mentions.account_key = paid_accounts.account_key
    group by mentions.as_of_date, mentions.account_key, mentions.user_key
),

-- One kind after the other: what a payment cannot name is not looked up.
to_statements as (
    select
        repayments.*,
        'statement' as target_kind,
        statements.family,
        statements.line_key,
        statements.statement_date as named_statement_date,
        case
            when statements.user_key is null then 'statement_unknown'
            when statements.user_key <> repayments.user_key then 'owed_by_another_user'
        end as held_reason
    from {{ ref('int_repayments__known') }} as repayments
    left join {{ ref('int_statements__known') }} as statements
        on
            repayments.as_of_date = statements.as_of_date
            and repayments.statement_key = statements.statement_key
    where repayments.statement_key is not null
),

to_installments as (
    select
        repayments.*,
        'installment' as target_kind,
        installments.family,
        cast(null as bigint) as line_key,
        cast(null as date) as named_statement_date,
        case
            when installments.loan_user_key <> repayments.user_key then 'owed_by_another_user'
            when installments.loan_user_key is not null then null
            when loans.loan_key is null then 'loan_unknown'
            else 'installment_unknown'
        end as held_reason
    from {{ ref('int_repayments__known') }} as repayments
    left join {{ ref('int_installments__known') }} as installments
        on
            repayments.as_of_date = installments.as_of_date
            and repayments.installment_key = installments.installment_key
    -- An instalment that is known tells of its loan itself.
    left join {{ ref('int_loans__known') }} as loans
        on
            repayments.as_of_date = loans.as_of_date
            and case when installments.loan_user_key is null then repayments.loan_key end
            = loans.loan_key
    where repayments.installment_key is not null
),

to_loans as (
    select
        repayments.*,
        'loan' as target_kind,
        loans.family,
        cast(null as bigint) as line_key,
        cast(null as date) as named_statement_date,
        case
            when loans.loan_key is null then 'loan_unknown'
            when loans.user_key <> repayments.user_key then 'owed_by_another_user'
        end as held_reason
    from {{ ref('int_repayments__known') }} as repayments
    left join {{ ref('int_loans__known') }} as loans
        on
            repayments.as_of_date = loans.as_of_date
            and repayments.loan_key = loans.loan_key
    where repayments.loan_key is not null and repayments.installment_key is null
),

to_accounts as (
    select
        repayments.*,
        case when accounts.is_line = 1 then 'line' else 'loan_account' end as target_kind,
        accounts.family,
        case
            when accounts.is_line = 1
                then {{ line_key('repayments.user_key', 'repayments.account_key') }}
        end as line_key,
        cast(null as date) as named_statement_date,
        case when accounts.user_key is null then 'account_unknown' end as held_reason
    from {{ ref('int_repayments__known') }} as repayments
    left join accounts
        on
            {{ same_user_night('repayments', 'accounts') }}
            and repayments.account_key = accounts.account_key
    where repayments.account_key is not null
),

resolved as (
    select * from to_statements
    union all
    select * from to_installments
    union all
    select * from to_loans
    union all
    select * from to_accounts
),

final as (
    select
        as_of_date,
        known_on,
        repayment_key,
        user_key,
        paid_at,
        paid_date,
        amount,
        method,
        status,
        status = 'succeeded' as is_succeeded,
        coalesce(is_final, false) as is_final,
        target_kind,
        family,
        line_key,
        named_statement_date,
        loan_key,
        installment_key,
        account_key,
        held_reason
    from resolved
)

select * from final
