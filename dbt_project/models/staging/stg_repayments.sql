with
{{ new_versions('repayments', ['repayment_id']) }}

select
    repayment_id,
    user_key,
    statement_id,
    loan_id,
    installment_no,
    account_id,
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
