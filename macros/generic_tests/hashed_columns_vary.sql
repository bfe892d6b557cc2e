{#-
  Fails on each hashed column that is null too often, or holds one value only, or holds a value
  although its contract says that no source fills it. The platform stored back_to_back = FALSE in
  128,141 rows, and minutes null in 99 %, without anybody noticing.

  A few dates say little: everybody is rested after the all-star break, and feeds that stop with the regular
  season leave nulls after it. So it looks at dates of the regular season, with the month before the window.

  From the column's meta: `max_null_rate` (else 0.02), `constant` and `constant_in_window` (may hold
  one value: always, or in a window shorter than most of a season), `null_by_contract`. Fewer than
  `min_rows` rows or `min_dates` dates are too few to tell and pass. A column may be null throughout where the optional
  input that it `needs` is nowhere.

  The report says what this test says: it runs its SQL over the report's range.
-#}
{% test hashed_columns_vary(model, min_rows=400, min_dates=14, max_null_rate=0.02) %}
{%- if execute %}
{%- set columns = monitored_columns(node_of(model), max_null_rate) %}
{{ suspicious_columns(monitored_rows(model), columns, min_rows, node_of(model).config.meta.partition_by, min_dates) }}
{%- endif %}
-- depends_on: {{ ref('dim_games') }}
{% endtest %}

{#- Rows of the window and of the month before it, on dates of the regular season. -#}
{% macro monitored_rows(model) -%}
    {%- set date_column = node_of(model).config.meta.partition_by -%}
    (
        select * from {{ model }}
        where {{ in_window(date_column, days_before=31) }} and {{ date_column }} in (
            select game_date from {{ ref('dim_games') }} where game_type = 'regular_season'
        )
    ) as monitored_rows
{%- endmacro %}

{#- Of each hash field: its name, the null rate allowed, whether one value only is all right. -#}
{% macro monitored_columns(node, max_null_rate) -%}
    {%- set monitored = [] -%}
    {%- set is_most_of_a_season = window_dates() | length >= var('most_of_a_season_days') -%}
    {%- set absent = {} -%}
    {%- for name in hash_fields(node) -%}
        {%- set meta = node.columns[name].config.meta -%}
        {%- set needs = meta.get('needs') -%}
        {%- if needs and needs not in absent -%}
            {%- do absent.update({needs: is_absent_input(needs)}) -%}
        {%- endif -%}
        {%- set is_absent = absent.get(needs, false) -%}
        {%- do monitored.append({
            'name': name,
            'data_type': node.columns[name].data_type,
            'max_null_rate': 1.0 if meta.get('null_by_contract') or is_absent else meta.get('max_null_rate', max_null_rate),
            'may_be_constant': meta.get('constant') or (meta.get('constant_in_window') and not is_most_of_a_season),
            'may_be_unknown': is_absent or meta.get('max_null_rate') == 1.0,
            'null_by_contract': meta.get('null_by_contract', false),
        }) -%}
    {%- endfor -%}
    {{ return(monitored) }}
{%- endmacro %}

{% macro suspicious_columns(rows, columns, min_rows, date_column=none, min_dates=0) -%}
with counted as (
    select
        count(*) as row_count,
        {{ 'count(distinct ' ~ date_column ~ ')' if date_column else 0 }} as date_count
        {%- for column in columns %},
        count({{ column.name }}) as {{ column.name }}__known,
        count(distinct {{ comparable(column.name, column.data_type) }}) as {{ column.name }}__values
        {%- endfor %}
    from {{ rows }}
)
{% for column in columns %}
select
    '{{ column.name }}' as column_name,
    case
        when {{ 'true' if column.null_by_contract else 'false' }} then 'filled, and its contract says that no source fills it'
        when {{ column.name }}__known < (1 - {{ column.max_null_rate }}) * row_count then 'null too often'
        else 'one value only'
    end as finding,
    row_count,
    row_count - {{ column.name }}__known as null_count,
    {{ column.name }}__values as value_count
from counted
where row_count >= {{ min_rows }} and date_count >= {{ min_dates }} and (
    {%- if column.null_by_contract %}
    {{ column.name }}__known > 0
    {%- else %}
    {{ column.name }}__known < (1 - {{ column.max_null_rate }}) * row_count
    {%- if not column.may_be_constant %}
    or {{ column.name }}__values = 1{{ ' or ' ~ column.name ~ '__values = 0' if not column.may_be_unknown }}
    {%- endif %}
    {%- endif %}
)
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
