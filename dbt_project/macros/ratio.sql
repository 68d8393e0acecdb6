{#-
    A share as DECIMAL(18,6) in 0-1, capped at 1; empty when there is nothing to divide by.
    Both arguments are integers or DECIMAL(18,2); a negative numerator counts as 0.
-#}
{% macro ratio(numerator, denominator) -%}
    case
            when {{ denominator }} > 0
                then least(
                    {{ exact_division('greatest(' ~ numerator ~ ', 0)', denominator, 6) }},
                    cast(1 as decimal(18, 6))
                )
        end
{%- endmacro %}
