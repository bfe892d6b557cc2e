{#-
  Finds each row whose zone attempts do not add up to its field-goal attempts, unless the row
  says why in quality_issues. Rows without zones pass: null is unknown.
-#}
{% macro check_zone_attempts_add_up(model, node, fg_attempts, zone_attempts) -%}
    {%- set sum_of_zones = zone_attempts | join(' + ') -%}
    {{ return([{
        'is_wrong': '(
            ' ~ sum_of_zones ~ ' <> ' ~ fg_attempts ~ '
            and not ' ~ array_holds('quality_issues', 'shot_zones_disagree_with_box_score') ~ '
            and not ' ~ array_holds('quality_issues', 'shot_zones_unknown') ~ '
        )',
        'told': {fg_attempts: fg_attempts, 'zone_attempts': sum_of_zones},
    }] if execute) }}
{%- endmacro %}
