{#- The business date of a UTC timestamp, in the zone of ops.run_parameters. -#}
{% macro business_date(moment) -%}
    {{ return(adapter.dispatch('business_date', 'creditloop')(moment)) }}
{%- endmacro %}

{% macro default__business_date(moment) -%}
    {{ engine_lacks('business_date') }}
{%- endmacro %}

{% macro duckdb__business_date(moment) -%}
    cast({{ duckdb_business_moment(moment) }} as date)
{%- endmacro %}

{#- Raw timestamps are UTC without a zone, and so is every timestamp that a model hands on. -#}
{% macro spark__business_date(moment) -%}
    cast(
        convert_timezone(
            'UTC',
            (select business_timezone from {{ source('ops', 'run_parameters') }}),
            {{ moment }}
        ) as date
    )
{%- endmacro %}

{#-
    The timestamp that a clock of the business zone shows. The offsets stand in ops.zone_offsets,
    newest first here, so that most rows meet the first condition; DuckDB's own calendar costs forty
    times as much and is asked about what lies beyond them only.
-#}
{% macro duckdb_business_moment(moment) -%}
    {%- set offsets = run_query(
        'select valid_from, valid_to, offset_seconds from ops.zone_offsets order by valid_from desc'
    ).rows if execute else [] -%}
    case
        {% for offset in offsets -%}
        when {{ moment }} >= timestamp '{{ offset[0] }}' and {{ moment }} < timestamp '{{ offset[1] }}'
            then {{ moment }} + to_seconds({{ offset[2] }})
        {% endfor -%}
        when {{ moment }} is not null then timezone(
            (select business_timezone from {{ source('ops', 'run_parameters') }}),
            timezone('UTC', {{ moment }})
        )
    end
{%- endmacro %}
