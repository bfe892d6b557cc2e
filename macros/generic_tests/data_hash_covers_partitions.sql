{#- Fails on each partition with rows that have no data_hash. -#}
{% test data_hash_covers_partitions(model) %}
{{ partitions_without_hashes(window_rows(model), node_of(model).config.meta.partition_by) if execute }}
{% endtest %}

{% macro partitions_without_hashes(rows, partition) -%}
select {{ partition }}, count(*) as row_count, count(data_hash) as hashed_count
from {{ rows }}
group by {{ partition }}
having count(data_hash) < count(*)
{%- endmacro %}
