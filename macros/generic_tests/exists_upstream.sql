{#-
  Finds each row that another model has no row of. `columns`: this model's columns to the other's.
  dbt's own relationships test reads whole tables, which BigQuery refuses where a filter is required.
-#}
{% macro check_exists_upstream(model, node, upstream, columns) -%}
    {%- if node -%}
        {{ return([{
            'subject': upstream,
            'query': rows_without_upstream(window_rows(model), key_columns(node), rows_of_window(upstream), columns),
            'finding_column': text_or_null('no such row'),
            'found_in': columns_by_name(key_columns(node)),
        }]) }}
    {%- endif -%}
{%- endmacro %}

{% macro rows_without_upstream(rows, key, upstream, columns) -%}
select {% for name in key %}here.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
from (select * from {{ rows }}) as here
left join {{ upstream }} as there
    on {% for name, other in columns.items() %}here.{{ name }} = there.{{ other }}{{ ' and ' if not loop.last }}{% endfor %}
where there.{{ columns.values() | first }} is null
{%- endmacro %}

{#- The rows of a model or seed: of the window where it has a partition, else all. -#}
{% macro rows_of_window(name) -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
    {%- set partition = node.config.meta.get('partition_by') if node -%}
    (select * from {{ relation_of(name) }} where {{ in_window(partition) if partition else 'true' }})
{%- endmacro %}
