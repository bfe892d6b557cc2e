{#-
  Fails on each table and date that is blocked, missing, partial or unknown, with the reason. Rows that can never come
  are counted by the model itself (completeness_exceptions), and such a date is excused. A run of some tables
  (`--tables`) is judged by these: var judged_tables.

  It stands at the end of the chain, and not on each precompute table: a failed test would keep dbt from
  what comes after it, and so from saying of the later tables, too, what holds them up.
-#}
{% test every_date_is_accounted_for(model) %}
{%- set judged = var('judged_tables', none) %}
{{ open_dates(
    "(select * from " ~ model ~ " where " ~ in_window()
    ~ (" and table_name in ('" ~ judged | join("', '") ~ "')" if judged is not none)
    ~ ") as dates"
) if execute }}
{% endtest %}

{% macro open_dates(dates) -%}
select open_days.table_name, open_days.game_date, open_days.outcome, open_days.reason
from (select * from {{ dates }}) as open_days
where open_days.outcome in ('blocked', 'missing', 'partial', 'unknown')
{%- endmacro %}
