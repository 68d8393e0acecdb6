with
{{ new_versions('consents', ['user_key', 'purpose', 'changed_at']) }}

select
    user_key,
    purpose,
    changed_at,
    {{ business_date('changed_at') }} as changed_date,
    state,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
