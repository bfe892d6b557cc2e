{#-
  Fails on each table and date that is blocked, missing, partial or unknown, and says of each table how many there are and the
  reason of the first. Rows that can never come are counted by the model itself (completeness_exceptions), and such a date is
  excused. A run of some tables (`--tables`) is judged by these: var judged_tables.

  It stands at the end of the chain, and not on each precompute table: a failed test would keep dbt from
  what comes after it, and so from saying of the later tables, too, what holds them up.
-#}
{% test every_date_is_accounted_for(model) %}
{%- if execute %}
{%- set judged = var('judged_tables', none) %}
{%- set dates -%}
    (
        select * from {{ model }}
        where {{ in_window() }}
        {%- if judged is not none %} and table_name in ('{{ judged | join("', '") }}'){% endif %}
    ) as dates
{%- endset %}
select
    'every_date_is_accounted_for' as check_name,
    table_name as subject,
    concat(outcome, ': ', coalesce(reason, 'no reason is known')) as finding,
    cast(game_date as string) as found_in
from (
    {{ open_dates(dates) }}
) as found
{%- endif %}
{% endtest %}

{% macro open_dates(dates) -%}
select open_days.table_name, open_days.game_date, open_days.outcome, open_days.reason
from (select * from {{ dates }}) as open_days
where open_days.outcome in ('blocked', 'missing', 'partial', 'unknown')
{%- endmacro %}
