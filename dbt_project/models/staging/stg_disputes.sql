with
{{ new_versions('disputes', ['dispute_id']) }}

select
    dispute_id,
    user_key,
    record_kind,
    record_id,
    {{ record_key('record_id') }} as record_key,
    {{ business_date('opened_at') }} as opened_date,
    {{ business_date('resolved_at') }} as resolved_date,
    outcome,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
