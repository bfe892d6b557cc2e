{#-
  Fails on each row that another model has no row of. `columns`: this model's columns to the other's.
  dbt's own relationships test reads whole tables, which BigQuery refuses where a filter is required.
-#}
{% test exists_upstream(model, upstream, columns) %}
{{ rows_without_upstream(window_rows(model), key_columns(node_of(model)), rows_of_window(ref(upstream)), columns) if execute }}
-- depends_on: {{ ref(upstream) }}
{% endtest %}

{% macro rows_without_upstream(rows, key, upstream, columns) -%}
select {% for name in key %}here.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
from (select * from {{ rows }}) as here
left join {{ upstream }} as there
    on {% for name, other in columns.items() %}here.{{ name }} = there.{{ other }}{{ ' and ' if not loop.last }}{% endfor %}
where there.{{ columns.values() | first }} is null
{%- endmacro %}

{#- A relation's rows of the window where it has a partition, else all. -#}
{% macro rows_of_window(relation) -%}
    {%- set partition = node_of(relation).config.meta.get('partition_by') -%}
    (select * from {{ relation }} where {{ in_window(partition) if partition else 'true' }})
{%- endmacro %}
