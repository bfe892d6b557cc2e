{#- Comment of every query, as JSON: dbt-bigquery makes job labels of it. -#}
{% macro run_and_table(node) -%}
    {%- set table = node.name if node else 'none' -%}
    {{ return(tojson({'app': 'fullcourt', 'run_id': invocation_id, 'table': table})) }}
{%- endmacro %}
