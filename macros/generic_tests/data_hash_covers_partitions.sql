{#- Finds each partition with rows that have no data_hash. -#}
{% macro check_data_hash_covers_partitions(model, node) -%}
    {%- if node -%}
        {%- set partition = node.config.meta.partition_by -%}
        {{ return([{
            'query': partitions_without_hashes(window_rows(model), partition),
            'told': {'row_count': 'row_count', 'hashed_count': 'hashed_count'},
            'found_in': {partition: partition},
        }]) }}
    {%- endif -%}
{%- endmacro %}

{% macro partitions_without_hashes(rows, partition) -%}
select {{ partition }}, count(*) as row_count, count(data_hash) as hashed_count
from {{ rows }}
group by {{ partition }}
having count(data_hash) < count(*)
{%- endmacro %}
