{%- set user = 'as_of_date, known_on, user_key' -%}
with lines as (
    select *
    from {{ ref('int_lines__balances') }}
    where balance_amount > 0
),

-- Most users have one line, whose balance is theirs.
shared_users as (
    select {{ user }}
    from {{ ref('int_statements__settled') }}
    where is_newest
    group by {{ user }}
    having count(*) > 1
),

movements as (
    select {{ user }}, valid_from as event_date, balance_amount as movement_amount
    from lines
    union all
    select {{ user }}, valid_to as event_date, -balance_amount as movement_amount
    from lines
    where valid_to is not null
),

days as (
    select
        movements.as_of_date,
        movements.known_on,
        movements.user_key,
        movements.event_date,
        sum(movements.movement_amount) as movement_amount
    from movements
    inner join shared_users
        on
            {{ same_user_night('movements', 'shared_users') }}
    group by
        movements.as_of_date, movements.known_on, movements.user_key, movements.event_date
),

points as (
    select
        {{ user }},
        event_date as valid_from,
        lead(event_date) over (partition by as_of_date, user_key order by event_date) as valid_to,
        cast(sum(movement_amount) over (
            partition by as_of_date, user_key
            order by event_date
            rows between unbounded preceding and current row
        ) as decimal(18, 2)) as balance_amount
    from days
    union all
    select
        lines.as_of_date,
        lines.known_on,
        lines.user_key,
        lines.valid_from,
        lines.valid_to,
        lines.balance_amount
    from lines
    left join shared_users
        on
            {{ same_user_night('lines', 'shared_users') }}
    where shared_users.user_key is null
),

final as (
    select {{ user }}, valid_from, valid_to, balance_amount
    from points
    where balance_amount > 0
)

select * from final
