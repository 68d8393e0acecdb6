-- Every feature whose unit is ratio lies in 0-1.
{%- set marts = [
    ref('fct_user_spending_daily'), ref('fct_user_repayment_daily'),
    ref('fct_user_credit_history_daily'), ref('fct_user_product_linkage_daily'),
] %}
with ratios as (
    {% for mart in marts -%}
    {% for column in adapter.get_columns_in_relation(mart) if '_ratio' in column.name -%}
    select '{{ column.name }}' as feature_name, min({{ column.name }}) as lowest,
        max({{ column.name }}) as highest
    from {{ mart }}
    union all
    {% endfor -%}
    {% endfor -%}
    select null as feature_name, null as lowest, null as highest where false
)

select * from ratios
where lowest < 0 or highest > 1
