{#- A revolving line of a user: its account, or the product where bills name no account. -#}
{% macro line_key(user_key, account_id, product) -%}
    cast({{ user_key }} as string) || ':' || coalesce({{ account_id }}, {{ product }})
{%- endmacro %}
