with purchases as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        movements.merchant_id,
        movements.category_code
    from {{ ref('int_spending__movements') }} as movements
    inner join {{ ref('int_users__resolved') }} as users
        on
            movements.user_key = users.user_key
            and movements.event_date <= users.as_of_date
            and movements.event_date > {{ add_days('users.as_of_date', -90) }}
            and (movements.void_date is null or users.as_of_date < movements.void_date)
            and {{ is_known('movements', 'users') }}
    where not movements.is_refund
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        count(distinct merchant_id) as merchant_count,
        count(distinct category_code) as category_count
    from purchases
    group by as_of_date, known_on, user_key
)

select * from final
