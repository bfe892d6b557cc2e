{#-
  Finds each date on which a table of after the bootstrap may have rows, and of which precompute_entities never said who is
  to have one: where only the table is built, and not what it reads, it has no rows, and nothing misses them.
-#}
{% macro check_dates_were_counted(model, node) -%}
    {%- if node -%}
        {%- set dates, entities = relation_of('dim_game_dates'), relation_of('precompute_entities') -%}
        {{ return([{
            'query': uncounted_dates(
                '(select * from ' ~ dates ~ ' where ' ~ in_window() ~ ')',
                '(select * from ' ~ entities ~ ' where ' ~ in_window() ~ ')'
            ),
            'finding_column': text_or_null('its rows were never counted: build ' ~ node.name ~ ' with all that it reads'),
            'found_in': columns_by_name(['game_date']),
        }]) }}
    {%- endif -%}
{%- endmacro %}

{% macro uncounted_dates(dates, entities) -%}
select dates.game_date
from {{ dates }} as dates
left join (select distinct game_date from {{ entities }} as expected_rows) as counted on dates.game_date = counted.game_date
where dates.is_analysis_date and dates.games > 0 and counted.game_date is null
{%- endmacro %}
