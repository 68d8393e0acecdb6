select
    as_of_date,
    known_on,
    obligation_kind,
    obligation_key,
    user_key,
    due_date,
    late_from_date,
    late_to_date
from {{ ref('int_obligations') }}
where is_late
