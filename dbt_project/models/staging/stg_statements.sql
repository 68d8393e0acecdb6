with
{{ new_versions('statements', ['statement_id']) }}

select
    statement_id,
    {{ record_key('statement_id') }} as statement_key,
    user_key,
    account_id,
    {{ record_key('account_id') }} as account_key,
    product,
    statement_date,
    due_date,
    amount_due,
    minimum_due,
    reported_dpd,
    written_off_amount,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
