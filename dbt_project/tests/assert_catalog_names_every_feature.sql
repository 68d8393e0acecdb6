-- The catalogue and the marts name the same features.
{%- set keys = ['user_key', 'as_of_date', 'known_on'] %}
{%- set marts = [
    ref('fct_user_spending_daily'), ref('fct_user_repayment_daily'),
    ref('fct_user_credit_history_daily'), ref('fct_user_product_linkage_daily'),
] %}
with mart_columns as (
    {% for mart in marts -%}
    {% for column in adapter.get_columns_in_relation(mart) if column.name not in keys -%}
    select '{{ mart.identifier }}' as mart, '{{ column.name }}' as feature_name
    union all
    {% endfor -%}
    {% endfor -%}
    select null as mart, null as feature_name where false
)

select
    mart_columns.mart,
    mart_columns.feature_name,
    catalog.mart as catalog_mart,
    catalog.feature_name as catalog_name
from mart_columns
full outer join {{ ref('feature_catalog') }} as catalog
    on
        mart_columns.mart = catalog.mart
        and mart_columns.feature_name = catalog.feature_name
where mart_columns.feature_name is null or catalog.feature_name is null
