-- Birth year, gender, region and occupation stay behind: they are no input of any feature.
with
{{ known_versions('users', ['user_key']) }}

select
    user_key,
    {{ business_date('registered_at') }} as registered_date,
    merged_into_key,
    known_from,
    known_until
from known_versions
