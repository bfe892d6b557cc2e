{#- Fails on each row with a column outside its range, both ends included. `ranges`: column to [least, most], numbers or names of the table's windows. -#}
{% test within_ranges(model, ranges) %}
{%- if execute %}
{%- set node = node_of(model) %}
{%- set limits = {} %}
{%- for column, range in ranges.items() %}
{%- set ends = [] %}
{%- for end in range %}{% do ends.append(window_size(node.name, end) if end is string else end) %}{% endfor %}
{%- do limits.update({column: ends}) %}
{%- endfor %}
{{ rows_out_of_range(window_rows(model), key_columns(node), limits) }}
{%- endif %}
{% endtest %}

{% macro rows_out_of_range(rows, key, ranges) -%}
{%- for column, range in ranges.items() %}
select {{ key | join(', ') }}, '{{ column }}' as column_name, cast({{ column }} as string) as value
from {{ rows }}
where {{ column }} not between {{ range[0] }} and {{ range[1] }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
