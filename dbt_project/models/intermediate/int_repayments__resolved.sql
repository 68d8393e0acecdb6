-- What an account id can stand for: a line with bills, or an account that loans are drawn from.
with accounts as (
    select
        as_of_date,
        known_on,
        account_id,
        user_key,
        max(is_line) as is_line,
        min(family) as family
    from (
        select as_of_date, known_on, account_id, user_key, family, 1 as is_line
        from {{ ref('int_statements__known') }}
        where account_id is not null
        union all
        select as_of_date, known_on, account_id, user_key, family, 0 as is_line
        from {{ ref('int_loans__known') }}
        where account_id is not null
        union all
        select
            as_of_date,
            known_on,
            account_id,
            user_key,
            family,
            case when family = 'revolving' then 1 else 0 end as is_line
        from {{ ref('int_accounts__effective') }}
    ) as account_mentions
    group by as_of_date, known_on, account_id, user_key
),

targets as (
    select
        repayments.*,
        case
            when repayments.statement_id is not null then 'statement'
            when repayments.installment_no is not null then 'installment'
            when repayments.loan_id is not null then 'loan'
            when accounts.is_line = 1 then 'line'
            else 'loan_account'
        end as target_kind,
        case
            when repayments.statement_id is not null then statements.line_key
            when accounts.is_line = 1
                then {{ line_key('repayments.user_key', 'repayments.account_id', "''") }}
        end as line_key,
        statements.statement_date as named_statement_date,
        coalesce(statements.family, loans.family, accounts.family) as family,
        coalesce(statements.user_key, loans.user_key, accounts.user_key) as target_user_key,
        repayments.installment_no is not null
        and installments.installment_no is null as is_installment_unknown
    from {{ ref('int_repayments__known') }} as repayments
    left join {{ ref('int_statements__known') }} as statements
        on
            repayments.as_of_date = statements.as_of_date
            and repayments.statement_id = statements.statement_id
    left join {{ ref('int_loans__known') }} as loans
        on
            repayments.as_of_date = loans.as_of_date
            and repayments.loan_id = loans.loan_id
    left join {{ ref('int_installments__known') }} as installments
        on
            repayments.as_of_date = installments.as_of_date
            and repayments.loan_id = installments.loan_id
            and repayments.installment_no = installments.installment_no
    left join accounts
        on
            repayments.as_of_date = accounts.as_of_date
            and repayments.account_id = accounts.account_id
            and repayments.user_key = accounts.user_key
),

final as (
    select
        as_of_date,
        known_on,
        repayment_id,
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
        loan_id,
        installment_no,
        account_id,
        case
            when target_user_key is null and account_id is not null then 'account_unknown'
            when target_user_key is null and loan_id is not null then 'loan_unknown'
            when target_user_key is null then 'statement_unknown'
            when is_installment_unknown then 'installment_unknown'
            when target_user_key <> user_key then 'owed_by_another_user'
        end as held_reason
    from targets
)

select * from final
