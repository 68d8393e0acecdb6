{#- The hour of the business day, 0 to 23, of a UTC timestamp. -#}
{% macro business_hour(moment) -%}
    {{ return(adapter.dispatch('business_hour', 'creditloop')(moment)) }}
{%- endmacro %}

{% macro default__business_hour(moment) -%}
    {{ engine_lacks('business_hour') }}
{%- endmacro %}

{% macro duckdb__business_hour(moment) -%}
    extract(hour from {{ duckdb_business_moment(moment) }})
{%- endmacro %}

{% macro spark__business_hour(moment) -%}
    hour(
        convert_timezone(
            'UTC',
            (select business_timezone from {{ source('ops', 'run_parameters') }}),
            {{ moment }}
        )
    )
{%- endmacro %}
