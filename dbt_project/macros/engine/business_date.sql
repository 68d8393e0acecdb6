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
    The timestamp that a clock of the business zone shows. The zone's offsets come with the run,
    newest first, so that most rows meet the first condition; DuckDB's own calendar costs forty times
    as much and is asked about what lies beyond them only.
-#}
{% macro duckdb_business_moment(moment) -%}
    case
        {% for start, end, seconds in fromjson(env_var('BUSINESS_ZONE_OFFSETS', '[]')) -%}
        when {{ moment }} >= timestamp '{{ start }}' and {{ moment }} < timestamp '{{ end }}'
            then {{ moment }} + to_seconds({{ seconds }})
        {% endfor -%}
        when {{ moment }} is not null then timezone(
            (select business_timezone from {{ source('ops', 'run_parameters') }}),
            timezone('UTC', {{ moment }})
        )
    end
{%- endmacro %}
