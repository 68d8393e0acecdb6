with
{{ known_versions('consents', ['user_key', 'purpose', 'changed_at']) }}

select
    user_key,
    purpose,
    changed_at,
    {{ business_date('changed_at') }} as changed_date,
    state,
    known_from,
    known_until
from known_versions
