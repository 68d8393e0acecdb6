{#- Whether a version is the one known on the night's known_on; several nights make several rows. -#}
{% macro is_known(version, night) -%}
    {{ version }}.known_from <= {{ night }}.known_on
    and ({{ version }}.known_until is null or {{ night }}.known_on < {{ version }}.known_until)
{%- endmacro %}
