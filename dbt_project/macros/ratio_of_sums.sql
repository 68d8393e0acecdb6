{#- ratio for sums of amounts times days; a negative numerator does not occur in them. -#}
{% macro ratio_of_sums(numerator, denominator) -%}
    case
            when {{ denominator }} > 0
                then {{ exact_division_of_sums(
                    'least(' ~ numerator ~ ', ' ~ denominator ~ ')', denominator, 6
                ) }}
        end
{%- endmacro %}
