{#-
  Fails on each table and date that is blocked, missing or partial, with the reason, unless the seed
  completeness_exceptions says why rows of it can never come. A run of some tables (`--tables`) is judged by
  these: var judged_tables.

  It stands at the end of the chain, and not on each precompute table: a failed test would keep dbt from
  what comes after it, and so from saying of the later tables, too, what holds them up.
-#}
{% test every_date_is_accounted_for(model) %}
{%- set judged = var('judged_tables', none) %}
{{ open_dates(
    "(select * from " ~ model ~ " where " ~ in_window()
    ~ (" and table_name in ('" ~ judged | join("', '") ~ "')" if judged is not none)
    ~ ") as dates", ref('completeness_exceptions')
) if execute }}
-- depends_on: {{ ref('completeness_exceptions') }}
{% endtest %}

{% macro open_dates(dates, exceptions) -%}
select open_days.table_name, open_days.game_date, open_days.outcome, open_days.reason
from (select * from {{ dates }}) as open_days
left join {{ exceptions }} as exceptions
    on
        open_days.table_name = exceptions.table_name -- BigQuery wants an equality in an outer join
        and open_days.game_date between exceptions.first_date and exceptions.last_date
        and open_days.missing_rows + open_days.surplus_rows = 0
where open_days.outcome in ('blocked', 'missing', 'partial') and exceptions.reason is null
{%- endmacro %}
