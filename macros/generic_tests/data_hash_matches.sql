{#-
  Finds each row whose data_hash is not the hash of its stored columns: the row was changed behind
  the publish step, or SQL and Python no longer agree on the hash.
-#}
{% macro check_data_hash_matches(model, node) -%}
    {{ return([{
        'hashed_text': data_hash_text(node),
        'is_wrong': 'data_hash is null or data_hash <> recomputed_hash',
        'told': columns_by_name(['data_hash', 'recomputed_hash']),
    }] if node) }}
{%- endmacro %}
