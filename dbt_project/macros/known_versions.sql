{#-
    CTEs that turn raw.<feed> into version intervals: the last one, known_versions, has one row per
    key version with known_from (the later of its batch and the user's first users batch) and
    known_until (the batch of the next version or withdrawal, exclusive; empty = still current).

    Only keys that occur more than once need a window; most occur once, and sorting all of them
    would cost four times as much. Two keys with the same hash merely share the slower way.
-#}
{% macro known_versions(feed, key) -%}
{%- set raw = source('raw', feed) -%}
repeated_keys as (
    select {{ key_hash(key) }} as key_number
    from {{ raw }}
    group by key_number
    having count(*) > 1
),

versions as (
    select
        *,
        cast(null as date) as next_batch_date
    from {{ raw }}
    where {{ key_hash(key) }} not in (select key_number from repeated_keys)
    union all
    select
        *,
        lead(batch_date) over (
            partition by {{ key | join(', ') }}
            order by batch_date, dt
        ) as next_batch_date
    from {{ raw }}
    where {{ key_hash(key) }} in (select key_number from repeated_keys)
),

first_user_batches as (
    select
        user_key,
        min(batch_date) as first_batch_date
    from {{ source('raw', 'users') }}
    where not is_deleted
    group by user_key
),

known_versions as (
    select
        versions.*,
        greatest(versions.batch_date, first_user_batches.first_batch_date) as known_from,
        versions.next_batch_date as known_until
    from versions
    inner join first_user_batches
        on versions.user_key = first_user_batches.user_key
    where
        not versions.is_deleted
        and (
            versions.next_batch_date is null
            or versions.next_batch_date
            > greatest(versions.batch_date, first_user_batches.first_batch_date)
        )
)
{%- endmacro %}

{#- Whether a version is the one known on the night's known_on; several nights make several rows. -#}
{% macro is_known(version, night) -%}
    {{ version }}.known_from <= {{ night }}.known_on
    and ({{ version }}.known_until is null or {{ night }}.known_on < {{ version }}.known_until)
{%- endmacro %}
