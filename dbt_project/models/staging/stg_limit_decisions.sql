with
{{ known_versions('limit_decisions', ['decision_id']) }}

select
    decision_id,
    user_key,
    product,
    decided_at,
    {{ business_date('decided_at') }} as decided_date,
    action,
    credit_limit,
    known_from,
    known_until
from known_versions
