{#-
  Finds each row that calls itself production-ready, or all its upstreams ready, otherwise than its
  flags of the single upstreams say.
-#}
{% macro check_readiness_is_consistent(model, node, upstreams, all_ready) -%}
    {{ return([{
        'is_wrong': '(
            ' ~ all_ready ~ ' is null
            or ' ~ all_ready ~ ' <> (' ~ upstreams | join(' and ') ~ ')
            or (is_production_ready and not ' ~ all_ready ~ ')
        )',
        'told': columns_by_name([all_ready, 'is_production_ready']),
    }]) }}
{%- endmacro %}
