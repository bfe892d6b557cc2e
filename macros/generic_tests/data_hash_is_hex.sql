{#- Finds each row whose data_hash is not 16 lower-case hex characters. -#}
{% macro check_data_hash_is_hex(model, node) -%}
    {{ return([{
        'is_wrong': "data_hash is null or not " ~ matches('data_hash', '^[0-9a-f]{16}$'),
        'told': {'data_hash': 'data_hash'},
    }] if execute) }}
{%- endmacro %}
