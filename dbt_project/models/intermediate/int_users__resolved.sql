{%- set hop_count = 6 -%}
with nights as (
    select * from {{ source('ops', 'run_dates') }}
),

users as (
    select
        nights.as_of_date,
        nights.known_on,
        stg_users.user_key,
        stg_users.registered_date,
        stg_users.merged_into_key
    from {{ ref('stg_users') }} as stg_users
    inner join nights
        on {{ is_known('stg_users', 'nights') }}
),

-- One hop each; a target that is not known, or is withdrawn, is no hop.
hop_0 as (
    select
        users.as_of_date,
        users.known_on,
        users.user_key,
        users.merged_into_key as target_key
    from users
    inner join users as survivors
        on
            users.as_of_date = survivors.as_of_date
            and users.merged_into_key = survivors.user_key
),
{% for hop in range(hop_count) %}
-- Chains of up to {{ 2 ** (hop + 1) }} hops.
    hop_{{ hop + 1 }} as (
        select
            hops.as_of_date,
            hops.known_on,
            hops.user_key,
            coalesce(next_hops.target_key, hops.target_key) as target_key
        from hop_{{ hop }} as hops
        left join hop_{{ hop }} as next_hops
            on
                hops.as_of_date = next_hops.as_of_date
                and hops.target_key = next_hops.user_key
    ),
{% endfor %}
-- Who still points at a merged user now is in a ring; nobody in it or before it is merged.
resolved_merges as (
    select hops.*
    from hop_{{ hop_count }} as hops
    left join hop_0
        on
            hops.as_of_date = hop_0.as_of_date
            and hops.target_key = hop_0.user_key
    where hop_0.user_key is null
),

final as (
    select
        users.as_of_date,
        users.known_on,
        users.user_key,
        coalesce(resolved_merges.target_key, users.user_key) as surviving_key,
        users.registered_date,
        resolved_merges.target_key is null
        and (users.registered_date is null or users.registered_date <= users.as_of_date)
            as is_listed,
        users.merged_into_key is not null
        and resolved_merges.target_key is null as is_merge_unresolved
    from users
    left join resolved_merges
        on
            users.as_of_date = resolved_merges.as_of_date
            and users.user_key = resolved_merges.user_key
)

select * from final
