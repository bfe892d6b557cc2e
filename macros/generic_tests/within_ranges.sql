{#- Fails on each row with a column outside its range, both ends included. `ranges`: column to [least, most]. -#}
{% test within_ranges(model, ranges) %}
{{ rows_out_of_range(window_rows(model), key_columns(node_of(model)), ranges) if execute }}
{% endtest %}

{% macro rows_out_of_range(rows, key, ranges) -%}
{%- for column, range in ranges.items() %}
select {{ key | join(', ') }}, '{{ column }}' as column_name, cast({{ column }} as string) as value
from {{ rows }}
where {{ column }} not between {{ range[0] }} and {{ range[1] }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
