-- Of two changes at the same moment, made on merged accounts, the revocation wins.
with consent_changes as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        stg_consents.purpose,
        stg_consents.state,
        row_number() over (
            partition by
                users.as_of_date, users.surviving_key, stg_consents.purpose
            order by stg_consents.changed_at desc, stg_consents.state desc, users.user_key asc
        ) as recency
    from {{ ref('stg_consents') }} as stg_consents
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_consents.user_key = users.user_key
            and stg_consents.changed_date <= users.as_of_date
            and {{ is_known('stg_consents', 'users') }}
),

consents as (
    select
        as_of_date,
        known_on,
        user_key,
        max(case when purpose = 'credit_scoring' and state = 'granted' then 1 else 0 end)
            as has_scoring_grant,
        max(case when purpose = 'consent_gated_data' and state = 'granted' then 1 else 0 end)
            as has_gated_grant
    from consent_changes
    where recency = 1
    group by as_of_date, known_on, user_key
),

final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        coalesce(landings.first_batch_date > users.known_on, true)
        or coalesce(consents.has_scoring_grant, 0) = 1 as has_scoring_consent,
        coalesce(consents.has_gated_grant, 0) = 1 as has_gated_consent,
        case
            when landings.first_batch_date <= users.known_on then 'in_feed'
            else 'outside_system'
        end as consent_basis,
        users.months_on_book,
        users.evidence_days
    from {{ ref('int_users__listed') }} as users
    cross join {{ ref('stg_consent_landings') }} as landings
    left join consents
        on
            {{ same_user_night('users', 'consents') }}
)

select * from final
