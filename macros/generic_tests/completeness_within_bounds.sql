{#-
  Fails on each row whose completeness is more than all or less than nothing: the platform reported
  3,400 %, since it counted expected and actual games over different windows.
-#}
{% test completeness_within_bounds(model) %}
{{ impossible_completeness(window_rows(model), key_columns(node_of(model))) if execute }}
{% endtest %}

{% macro impossible_completeness(rows, key) -%}
select {{ key | join(', ') }}, expected_games_count, actual_games_count, completeness_percentage
from {{ rows }}
where
    completeness_percentage is null
    or completeness_percentage not between 0 and 100
    or actual_games_count not between 0 and expected_games_count
    or missing_games_count <> expected_games_count - actual_games_count
{%- endmacro %}
