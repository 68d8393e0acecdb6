{#- The columns of the bands that make up a window, put together. -#}
{% macro inside(bands, column, days, sign=' + ') -%}
    {%- for band in bands if band <= days -%}
        {{ column }}_{{ band }}{{ sign if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
