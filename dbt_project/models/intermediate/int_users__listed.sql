with users as (
    select * from {{ ref('int_users__resolved') }}
),

-- The oldest account counts when several turned out to be one person.
registrations as (
    select
        as_of_date,
        known_on,
        surviving_key as user_key,
        min(registered_date) as registered_date
    from users
    where registered_date <= as_of_date
    group by as_of_date, known_on, surviving_key
),

final as (
    select
        users.as_of_date,
        users.known_on,
        users.user_key,
        {{ whole_months_between('users.as_of_date', 'registrations.registered_date') }}
            as months_on_book,
        coalesce(evidence.evidence_days, 0) as evidence_days
    from users
    left join registrations
        on
            {{ same_user_night('users', 'registrations') }}
    left join {{ ref('int_activity__evidence') }} as evidence
        on
            {{ same_user_night('users', 'evidence') }}
    where users.is_listed
)

select * from final
