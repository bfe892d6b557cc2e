{#-
  Fails on each row whose data_hash is not the hash of its stored columns: the row was changed behind
  the publish step, or SQL and Python no longer agree on the hash.
-#}
{% test data_hash_matches(model) %}
{{ mismatched_hashes(window_rows(model), node_of(model)) if execute }}
{% endtest %}

{% macro mismatched_hashes(rows, node) -%}
select {{ key_columns(node) | join(', ') }}, data_hash, recomputed_hash
from (
    select {{ key_columns(node) | join(', ') }}, data_hash, {{ data_hash_of('hashed_text') }} as recomputed_hash
    from (
        select {{ key_columns(node) | join(', ') }}, data_hash, {{ data_hash_text(node) }} as hashed_text
        from {{ rows }}
    ) as texts
) as recomputed
where data_hash is null or data_hash <> recomputed_hash
{%- endmacro %}
