with
{{ known_versions('installments', ['loan_id', 'installment_no']) }}

select
    loan_id,
    installment_no,
    user_key,
    due_date,
    amount_due,
    principal_due,
    interest_due,
    known_from,
    known_until
from known_versions
