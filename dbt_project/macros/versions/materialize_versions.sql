{#-
    Materialization of the staging models: a table that takes in the pending batches, some at a
    time, and never reads a batch again. Each part is one transaction that also notes in
    ops.staged_batches what it took in, so that a run cut off anywhere goes on where it stopped.

    scoring/marts/staging.py decides which batches are pending, and drops a table that does not
    agree with its batches any more (one came late, was reopened or removed, or a rule changed).
    The grain in the model's yml is the key and batch_date.
-#}
{% materialization versions, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set feed = this.identifier[4:] -%}
    {%- set key = model.config.meta.grain | reject('equalto', 'batch_date') | list -%}
    {%- set chunks = run_query(
        "select chunk_number, query from ops.pending_chunks where feed = '" ~ feed
        ~ "' order by chunk_number"
    ).rows -%}
    {% do adapter.ensure_transaction() %}
    {%- if load_cached_relation(this) is none -%}
        {% do run_query(
            'create table ' ~ target_relation ~ ' as select * from (' ~ sql ~ ') limit 0'
        ) %}
        {#- Rows that DuckDB 2.0 inserts by the hundred thousand in the transaction that made the
            table are not found by a filter until the file is opened anew. -#}
        {% do adapter.commit() %}
    {%- endif -%}
    {%- for chunk in chunks %}
        {% do adapter.ensure_transaction() %}
        {% do run_query('create or replace view pending.' ~ feed ~ ' as ' ~ chunk[1]) %}
        {% do run_query(add_versions_sql(target_relation, feed, key, chunk[0], sql)) %}
        {% do adapter.commit() %}
    {%- endfor %}
    {% do adapter.ensure_transaction() %}
    {%- call statement('main') -%}
        {{ name_held_versions_sql(target_relation, feed) }}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- One transaction: versions that end with the chunk, its own versions, and a note of its batches. -#}
{% macro add_versions_sql(target_relation, feed, key, chunk_number, sql) -%}
    {%- set target_columns = adapter.get_columns_in_relation(target_relation)
        | map(attribute='name') | join(', ') -%}
    create or replace temp table pending_keys as
    select
        {{ key_hash(key) }} as version_key,
        {{ key | join(', ') }},
        min(batch_date) as next_batch_date
    from pending.{{ feed }}
    group by all;

    {#- One narrow column of the whole table first; the keys are read of what it finds. -#}
    create or replace temp table found_versions as
    select
        rowid as row_number,
        version_key
    from {{ target_relation }}
    where known_until is null and version_key in (select version_key from pending_keys);

    create or replace temp table ended_versions as
    select
        found_versions.row_number,
        pending_keys.next_batch_date
    from found_versions
    inner join {{ target_relation }} as versions
        on found_versions.row_number = versions.rowid
    inner join pending_keys
        on found_versions.version_key = pending_keys.version_key
        {% for name in key -%}
            and versions.{{ name }} = pending_keys.{{ name }}
        {% endfor -%};

    update {{ target_relation }} as versions
    set known_until = ended_versions.next_batch_date
    from ended_versions
    where versions.rowid = ended_versions.row_number;

    insert into {{ target_relation }} ({{ target_columns }})
    select {{ target_columns }}
    from ({{ sql }});

    insert into ops.staged_batches
    select feed, dt, identity
    from ops.pending_batches
    where feed = '{{ feed }}' and chunk_number = {{ chunk_number }};

    drop table ended_versions;
    drop table found_versions;
    drop table pending_keys
{%- endmacro %}

{#- Rows that waited for their user are known from the user's first batch on. -#}
{% macro name_held_versions_sql(target_relation, feed) -%}
    {%- if feed == 'users' -%}
        select 1
    {%- else -%}
        update {{ target_relation }} as versions
        set known_from = greatest(versions.batch_date, first_user_batches.first_batch_date)
        from (
            select user_key, min(known_from) as first_batch_date
            from {{ ref('stg_users') }}
            group by user_key
        ) as first_user_batches
        where
            versions.known_from is null
            and versions.user_key = first_user_batches.user_key
    {%- endif -%}
{%- endmacro %}
