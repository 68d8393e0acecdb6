with
{{ new_versions('repayments', ['repayment_id']) }}

select
    repayment_id,
    {{ record_key('repayment_id') }} as repayment_key,
    user_key,
    statement_id,
    {{ record_key('statement_id') }} as statement_key,
    loan_id,
    {{ record_key('loan_id') }} as loan_key,
    installment_no,
    {{ record_key("loan_id || '#' || cast(installment_no as string)") }} as installment_key,
    account_id,
    {{ record_key('account_id') }} as account_key,
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
