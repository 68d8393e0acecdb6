with
{{ new_versions('repayments', ['repayment_id']) }}

select
    repayment_id,
    user_key,
    statement_id,
    {{ optional_key('statement_id') }} as statement_key,
    loan_id,
    {{ optional_key('loan_id') }} as loan_key,
    installment_no,
    case
        when installment_no is not null then {{ key_hash(['loan_id', 'installment_no']) }}
    end as installment_key,
    account_id,
    {{ optional_key('account_id') }} as account_key,
    paid_at,
    {{ business_date('paid_at') }} as paid_date,
    amount,
    method,
    status,
    is_final,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
