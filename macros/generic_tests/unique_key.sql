{#- Finds each key of the contract that names more than one row. -#}
{% macro check_unique_key(model, node) -%}
    {%- if node -%}
        {%- set key = key_columns(node) -%}
        {{ return([{
            'query': doubled_keys(window_rows(model), key), 'told': {'row_count': 'row_count'}, 'found_in': columns_by_name(key),
        }]) }}
    {%- endif -%}
{%- endmacro %}

{% macro doubled_keys(rows, key) -%}
select {{ key | join(', ') }}, count(*) as row_count
from {{ rows }}
group by {{ key | join(', ') }}
having count(*) > 1
{%- endmacro %}
