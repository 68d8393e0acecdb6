{#-
    Post-hook of the intermediate models: notes how many rows a model has, and drops the tables
    that no model reads any more, so that memory holds what is still needed, not the whole build.

    Only what lies in the working database is dropped, and only readers there count as done: one
    transaction writes to one database. Where there is no working database, nothing is done.
-#}
{% macro finish_model() %}
{%- set is_working = target.type == 'duckdb' and this.database != target.database -%}
{#- A view is read anew by all who read it: it is never done. -#}
{%- if execute and is_working and model.config.materialized == 'table' -%}
    {%- set folder = this.incorporate(path={'identifier': none}) -%}
    create table if not exists {{ folder }}.finished_models (model varchar, row_count bigint);
    insert into {{ folder }}.finished_models
    select '{{ this.identifier }}', count(*) from {{ this }};
    {%- set finished = [this.identifier] -%}
    {%- if adapter.get_relation(this.database, this.schema, 'finished_models') is not none -%}
        {%- set found = run_query('select model from ' ~ folder ~ '.finished_models') -%}
        {%- do finished.extend(found.columns[0].values()) -%}
    {%- endif -%}
    {%- for parent_id in model.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(parent_id) -%}
        {%- if parent and parent.resource_type == 'model' and parent.database == this.database -%}
            {%- set waiting = [] -%}
            {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
                {%- if parent_id in node.depends_on.nodes and node.name not in finished -%}
                    {%- do waiting.append(node.name) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if not waiting %}
    drop table if exists {{ parent.relation_name }};
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
{% endmacro %}
