{#-
    Incremental strategy: the rows of every (as_of_date, known_on) in ops.run_dates are replaced,
    all others stay. A key list would leave rows behind that were withdrawn upstream.
-#}
{% macro get_incremental_replace_days_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where (as_of_date, known_on) in (
        select as_of_date, known_on from {{ source('ops', 'run_dates') }}
    );

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{% endmacro %}
