{#-
  In place of dbt-bigquery's macro of this name, which refuses to make a view of what is a table, but for a full
  refresh. quarantine and raw_row_accounting were tables until 2026-11; their views hold all that those did.
-#}
{% macro bigquery__handle_existing_table(full_refresh, old_relation) %}
    {%- if full_refresh or old_relation.identifier in ('quarantine', 'raw_row_accounting') -%}
        {{ adapter.drop_relation(old_relation) }}
    {%- else -%}
        {{ exceptions.relation_wrong_type(old_relation, 'view') }}
    {%- endif -%}
{% endmacro %}
