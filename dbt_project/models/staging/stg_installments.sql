with
{{ new_versions('installments', ['loan_id', 'installment_no']) }}

select
    loan_id,
    {{ record_key('loan_id') }} as loan_key,
    installment_no,
    {{ record_key("loan_id || '#' || cast(installment_no as string)") }} as installment_key,
    user_key,
    due_date,
    amount_due,
    principal_due,
    interest_due,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
