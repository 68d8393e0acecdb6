{#- A revolving line of a user: its account, or the product where bills name no account. -#}
{% macro line_key(user_key, account_id, product) -%}
    {{ key_hash([
        'cast(' ~ user_key ~ ' as ' ~ dbt.type_string() ~ ") || ':' || coalesce("
        ~ account_id ~ ', ' ~ product ~ ')'
    ]) }}
{%- endmacro %}

{#- A loan among the debts, whose other kind are lines. -#}
{% macro loan_key(loan_id) -%}
    {{ key_hash(["'loan:' || " ~ loan_id]) }}
{%- endmacro %}
