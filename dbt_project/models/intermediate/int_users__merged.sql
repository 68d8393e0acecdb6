-- Few users are: a join with them costs less than one with everybody.
select as_of_date, known_on, user_key, surviving_key
from {{ ref('int_users__resolved') }}
where user_key <> surviving_key
