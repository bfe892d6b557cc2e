{#-
  Fails on each date of which the feeds have games and the schedule has none: not a day off, but a
  schedule that was not refreshed. Every table built from the schedule is empty there.
-#}
{% test schedule_has_played_days(model) %}
{{ days_not_in_schedule("(select * from " ~ model ~ " where " ~ in_window() ~ ") as window_days") if execute }}
{% endtest %}

{% macro days_not_in_schedule(days) -%}
select game_date, rows_without_game
from {{ days }}
where day_status = 'not_in_schedule'
{%- endmacro %}
