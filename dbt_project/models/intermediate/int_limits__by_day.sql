{%- set user = 'as_of_date, known_on, user_key' -%}
with parts as (
    select * from {{ ref('int_limits__parted') }}
),

-- Most users have one account and no temporary limit.
shared_users as (
    select {{ user }}
    from parts
    group by {{ user }}
    having min(part_key) <> max(part_key)
),

movements as (
    select {{ user }}, valid_from as event_date, part_amount, temporary_amount
    from parts
    union all
    select
        {{ user }}, valid_to as event_date, -part_amount as part_amount,
        -temporary_amount as temporary_amount
    from parts
    where valid_to is not null
),

days as (
    select
        movements.as_of_date,
        movements.known_on,
        movements.user_key,
        movements.event_date,
        sum(movements.part_amount) as part_amount,
        sum(movements.temporary_amount) as temporary_amount
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
        lead(event_date) over in_order as valid_to,
        sum(part_amount) over until_here as limit_amount,
        sum(temporary_amount) over until_here as temporary_amount
    from days
    window
        in_order as (partition by as_of_date, user_key order by event_date),
        until_here as (
            partition by as_of_date, user_key
            order by event_date
            rows between unbounded preceding and current row
        )
    union all
    select
        parts.as_of_date,
        parts.known_on,
        parts.user_key,
        parts.valid_from,
        parts.valid_to,
        parts.part_amount as limit_amount,
        parts.temporary_amount
    from parts
    left join shared_users
        on
            {{ same_user_night('parts', 'shared_users') }}
    where shared_users.user_key is null
),

final as (
    select
        {{ user }},
        valid_from,
        valid_to,
        cast(limit_amount as decimal(18, 2)) as limit_amount,
        cast(temporary_amount as decimal(18, 2)) as temporary_amount
    from points
    where limit_amount > 0 or temporary_amount <> 0
)

select * from final
