with
{{ known_versions('statements', ['statement_id']) }}

select
    statement_id,
    user_key,
    account_id,
    product,
    statement_date,
    due_date,
    amount_due,
    minimum_due,
    reported_dpd,
    written_off_amount,
    known_from,
    known_until
from known_versions
