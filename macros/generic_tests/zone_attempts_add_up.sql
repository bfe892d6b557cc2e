{#-
  Fails on each row whose zone attempts do not add up to its field-goal attempts, unless the row
  says why in quality_issues. Rows without zones pass: null is unknown.
-#}
{% test zone_attempts_add_up(model, fg_attempts, zone_attempts) %}
{{ wrong_zones(window_rows(model), key_columns(node_of(model)), fg_attempts, zone_attempts) if execute }}
{% endtest %}

{% macro wrong_zones(rows, key, fg_attempts, zone_attempts) -%}
select {{ key | join(', ') }}, {{ fg_attempts }} as fg_attempts, {{ zone_attempts | join(' + ') }} as zone_attempts
from {{ rows }}
where
    {{ zone_attempts | join(' + ') }} <> {{ fg_attempts }}
    and not {{ array_holds('quality_issues', 'shot_zones_disagree_with_box_score') }}
    and not {{ array_holds('quality_issues', 'shot_zones_unknown') }}
{%- endmacro %}
