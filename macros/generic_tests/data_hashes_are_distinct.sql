{#-
  Finds rows of which at most `share` have a hash of their own. Keys are hashed, so equal hashes
  mean equal rows: 476 distinct among 1,802 team rows would have shown the fourfold load of 2025.
-#}
{% macro check_data_hashes_are_distinct(model, node, share=0.99) -%}
    {{ return([{
        'query': repeated_hashes(window_rows(model), share), 'told': columns_by_name(['row_count', 'distinct_hashes']),
    }] if node) }}
{%- endmacro %}

{% macro repeated_hashes(rows, share) -%}
select count(*) as row_count, count(distinct data_hash) as distinct_hashes
from {{ rows }}
having count(*) > 0 and count(distinct data_hash) <= {{ share }} * count(*)
{%- endmacro %}
