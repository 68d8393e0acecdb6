with
{{ new_versions('accounts', ['account_id', 'effective_at']) }}

select
    account_id,
    {{ record_key('account_id') }} as account_key,
    user_key,
    product,
    effective_at,
    {{ business_date('effective_at') }} as effective_date,
    status,
    credit_limit,
    temporary_limit,
    temporary_until,
    {{ business_date('temporary_until') }} as temporary_until_date,
    due_day,
    autopay,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
