{#-
    A revolving line of a user: its account, or the product where bills name no account. Also an
    account that loans are drawn from.
-#}
{% macro line_key(user_key, account_key, product=none) -%}
    {%- set account = account_key if product is none
        else 'coalesce(' ~ account_key ~ ', ' ~ key_hash([product]) ~ ')' -%}
    {{ key_hash([user_key, account]) }}
{%- endmacro %}
