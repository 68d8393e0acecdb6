-- Few users are: a join with them costs less than one with everybody.
with merged as (
    select as_of_date, known_on, user_key, surviving_key
    from {{ ref('int_users__resolved') }}
    where user_key <> surviving_key
)

select as_of_date, known_on, user_key, surviving_key
from merged
union all
select as_of_date, known_on, surviving_key as user_key, surviving_key
from merged
group by as_of_date, known_on, surviving_key
