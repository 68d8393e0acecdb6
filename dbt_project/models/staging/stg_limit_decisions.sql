with
{{ new_versions('limit_decisions', ['decision_id']) }}

select
    decision_id,
    user_key,
    product,
    decided_at,
    {{ business_date('decided_at') }} as decided_date,
    action,
    credit_limit,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
