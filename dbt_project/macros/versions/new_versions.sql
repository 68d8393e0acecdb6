{#-
    CTEs that turn pending.<feed>, the batches not staged yet, into versions: the last one,
    new_versions, has one row per key and batch with version_key (a hash of the key), known_from
    (the later of its batch and the user's first users batch; empty while the user is not known)
    and known_until (the pending batch with the next version or withdrawal; empty = none pending).

    Only keys that occur more than once need a window. Two keys with the same hash merely share
    the slower way.
-#}
{% macro new_versions(feed, key) -%}
{%- set pending = source('pending', feed) -%}
repeated_keys as (
    select {{ key_hash(key) }} as version_key
    from {{ pending }}
    group by version_key
    having count(*) > 1
),

next_versions as (
    select
        {{ key | join(', ') }},
        dt,
        lead(batch_date) over (
            partition by {{ key | join(', ') }}
            order by batch_date, dt
        ) as next_batch_date
    from {{ pending }}
    where {{ key_hash(key) }} in (select version_key from repeated_keys)
),

-- A batch holds a key once.
ordered_versions as (
    select
        pending_rows.*,
        {{ key_hash(key | map('replace', '', 'pending_rows.', 1) | list) }} as version_key,
        next_versions.next_batch_date
    from {{ pending }} as pending_rows
    left join next_versions
        on
            pending_rows.dt = next_versions.dt
            {% for name in key -%}
                and pending_rows.{{ name }} = next_versions.{{ name }}
            {% endfor %}
),

{% if feed == 'users' -%}
new_versions as (
    select
        *,
        batch_date as known_from,
        next_batch_date as known_until
    from ordered_versions
    where not is_deleted and (next_batch_date is null or batch_date < next_batch_date)
)
{%- else -%}
first_user_batches as (
    select
        user_key,
        min(known_from) as first_batch_date
    from {{ ref('stg_users') }}
    group by user_key
),

new_versions as (
    select
        ordered_versions.*,
        case
            when first_user_batches.first_batch_date is not null
                then greatest(ordered_versions.batch_date, first_user_batches.first_batch_date)
        end as known_from,
        ordered_versions.next_batch_date as known_until
    from ordered_versions
    left join first_user_batches
        on ordered_versions.user_key = first_user_batches.user_key
    where
        not ordered_versions.is_deleted
        and (
            ordered_versions.next_batch_date is null
            or ordered_versions.batch_date < ordered_versions.next_batch_date
        )
)
{%- endif %}
{%- endmacro %}
