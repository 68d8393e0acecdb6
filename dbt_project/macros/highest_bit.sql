{#- Number of the highest bit set in a BIGINT of at most 31 bits that is not 0: all bits below it are
    set, then counted. -#}
{% macro highest_bit(bits) -%}
    {%- set spread = namespace(text=bits) -%}
    {%- for width in [1, 2, 4, 8, 16] -%}
        {%- set spread.text = '(' ~ spread.text ~ ' | ' ~ shift_right(spread.text, width) ~ ')' -%}
    {%- endfor -%}
    (bit_count({{ spread.text }}) - 1)
{%- endmacro %}
