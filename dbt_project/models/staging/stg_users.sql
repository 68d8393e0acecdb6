-- Birth year, gender, region and occupation stay behind: they are no input of any feature.
with
{{ new_versions('users', ['user_key']) }}

select
    user_key,
    {{ business_date('registered_at') }} as registered_date,
    merged_into_key,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
