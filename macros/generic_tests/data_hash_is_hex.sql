{#- Fails on each row whose data_hash is not 16 lower-case hex characters. -#}
{% test data_hash_is_hex(model) %}
{{ malformed_hashes(window_rows(model), key_columns(node_of(model))) if execute }}
{% endtest %}

{% macro malformed_hashes(rows, key) -%}
select {{ key | join(', ') }}, data_hash
from {{ rows }}
where data_hash is null or not {{ matches('data_hash', '^[0-9a-f]{16}$') }}
{%- endmacro %}
