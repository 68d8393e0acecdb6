{#- Each mart has exactly the users of dim_user_night, for the nights being built. -#}
{% test same_users_as_dim(model) %}
with nights as (
    select as_of_date, known_on from {{ source('ops', 'run_dates') }}
),

mart as (
    select mart.user_key, mart.as_of_date, mart.known_on
    from {{ model }} as mart
    inner join nights
        on mart.as_of_date = nights.as_of_date and mart.known_on = nights.known_on
),

users as (
    select users.user_key, users.as_of_date, users.known_on
    from {{ ref('dim_user_night') }} as users
    inner join nights
        on users.as_of_date = nights.as_of_date and users.known_on = nights.known_on
)

select
    coalesce(mart.user_key, users.user_key) as user_key,
    coalesce(mart.as_of_date, users.as_of_date) as as_of_date
from mart
full outer join users
    on
        {{ same_user_night('mart', 'users') }}
where mart.user_key is null or users.user_key is null
{% endtest %}
