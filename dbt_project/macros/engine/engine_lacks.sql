{% macro engine_lacks(macro_name) %}
    {{ exceptions.raise_compiler_error(
        "engine " ~ target.type ~ " lacks the macro " ~ macro_name
        ~ ": add " ~ target.type ~ "__" ~ macro_name ~ " under dbt_project/macros/engine/"
    ) }}
{% endmacro %}
