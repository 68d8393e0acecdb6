{#- The business date of a UTC timestamp, in the zone of ops.run_parameters. -#}
{% macro business_date(moment) -%}
    {{ return(adapter.dispatch('business_date', 'creditloop')(moment)) }}
{%- endmacro %}

{% macro default__business_date(moment) -%}
    {{ engine_lacks('business_date') }}
{%- endmacro %}

{% macro duckdb__business_date(moment) -%}
    cast(
        timezone(
            (select business_timezone from {{ source('ops', 'run_parameters') }}),
            timezone('UTC', {{ moment }})
        ) as date
    )
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
