{#-
  Fails on each row that calls itself production-ready, or all its upstreams ready, otherwise than its
  flags of the single upstreams say.
-#}
{% test readiness_is_consistent(model, upstreams, all_ready) %}
{{ contradicted_readiness(window_rows(model), key_columns(node_of(model)), upstreams, all_ready) if execute }}
{% endtest %}

{% macro contradicted_readiness(rows, key, upstreams, all_ready) -%}
select {{ key | join(', ') }}, {{ all_ready }} as all_ready, is_production_ready
from {{ rows }}
where
    {{ all_ready }} is null
    or {{ all_ready }} <> ({{ upstreams | join(' and ') }})
    or (is_production_ready and not {{ all_ready }})
{%- endmacro %}
