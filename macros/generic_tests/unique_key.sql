{#- Fails on each key of the contract that names more than one row. -#}
{% test unique_key(model) %}
{{ doubled_keys(window_rows(model), key_columns(node_of(model))) if execute }}
{% endtest %}

{% macro doubled_keys(rows, key) -%}
select {{ key | join(', ') }}, count(*) as row_count
from {{ rows }}
group by {{ key | join(', ') }}
having count(*) > 1
{%- endmacro %}
