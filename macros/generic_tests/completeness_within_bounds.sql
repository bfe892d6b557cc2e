{#-
  Finds each row whose completeness is more than all or less than nothing: the platform reported
  3,400 %, since it counted expected and actual games over different windows.
-#}
{% macro check_completeness_within_bounds(model, node) -%}
    {{ return([{
        'is_wrong': '(
            completeness_percentage is null
            or completeness_percentage not between 0 and 100
            or actual_games_count not between 0 and expected_games_count
            or missing_games_count <> expected_games_count - actual_games_count
        )',
        'told': columns_by_name([
            'expected_games_count', 'actual_games_count', 'missing_games_count', 'completeness_percentage',
        ]),
    }]) }}
{%- endmacro %}
