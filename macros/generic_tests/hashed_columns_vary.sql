{#-
  Finds each hashed column that is null too often, or holds one value only, or holds a value
  although its contract says that no source fills it. The platform stored back_to_back = FALSE in
  128,141 rows, and minutes null in 99 %, without anybody noticing.

  A few dates say little: everybody is rested after the all-star break, and feeds that stop with the regular
  season leave nulls after it. So it looks at dates of the regular season, with the month before the window.

  From the column's meta: `max_null_rate` (else 0.02), `constant` and `constant_in_window` (may hold
  one value: always, or in a window shorter than most of a season), `null_by_contract`. Fewer than
  `min_rows` rows or `min_dates` dates are too few to tell and pass.

  The report says what this check says: it runs its SQL over the report's range.
-#}
{% macro check_hashed_columns_vary(model, node, min_rows=400, min_dates=14, max_null_rate=0.02) -%}
    {%- set games = ref('dim_games') -%}
    {{ return([{
        'query': suspicious_columns(
            monitored_rows(model, games), monitored_columns(node, max_null_rate), min_rows, node.config.meta.partition_by, min_dates
        ),
        'subject_column': 'column_name',
        'finding_column': 'finding',
        'found_in': columns_by_name(['row_count', 'null_count', 'value_count']),
    }] if node) }}
{%- endmacro %}

{#- Rows of the window and of the month before it, on dates of the regular season. -#}
{% macro monitored_rows(model, games) -%}
    {%- set date_column = node_of(model).config.meta.partition_by -%}
    (
        select * from {{ model }}
        where {{ in_window(date_column, days_before=31) }} and {{ date_column }} in (
            select game_date from {{ games }} where game_type = 'regular_season'
        )
    ) as monitored_rows
{%- endmacro %}

{#- Of each hash field: its name, the null rate allowed, whether one value only is all right. -#}
{% macro monitored_columns(node, max_null_rate) -%}
    {%- set monitored = [] -%}
    {%- set is_most_of_a_season = window_dates() | length >= var('most_of_a_season_days') -%}
    {%- for name in hash_fields(node) -%}
        {%- set meta = node.columns[name].config.meta -%}
        {%- do monitored.append({
            'name': name,
            'data_type': node.columns[name].data_type,
            'max_null_rate': 1.0 if meta.get('null_by_contract') else meta.get('max_null_rate', max_null_rate),
            'may_be_constant': meta.get('constant') or (meta.get('constant_in_window') and not is_most_of_a_season),
            'may_be_unknown': meta.get('max_null_rate') == 1.0,
            'null_by_contract': meta.get('null_by_contract', false),
        }) -%}
    {%- endfor -%}
    {{ return(monitored) }}
{%- endmacro %}

{#- One row per column that is suspicious, of one pass over the rows. -#}
{% macro suspicious_columns(rows, columns, min_rows, date_column=none, min_dates=0) -%}
select
    column_name,
    case
        when null_by_contract then 'filled, and its contract says that no source fills it'
        when known_count < (1 - max_null_rate) * row_count then 'null too often'
        else 'one value only'
    end as finding,
    row_count,
    row_count - known_count as null_count,
    value_count
from (
    select
        monitored_columns.*,
        counted.row_count,
        counted.date_count,
        case monitored_columns.column_number
            {%- for column in columns %}
            when {{ loop.index }} then counted.known_{{ loop.index }}
            {%- endfor %}
        end as known_count,
        case monitored_columns.column_number
            {%- for column in columns %}
            when {{ loop.index }} then counted.values_{{ loop.index }}
            {%- endfor %}
        end as value_count
    from (
        select
            count(*) as row_count,
            {{ 'count(distinct ' ~ date_column ~ ')' if date_column else 0 }} as date_count
            {%- for column in columns %},
            count({{ column.name }}) as known_{{ loop.index }},
            count(distinct {{ comparable(column.name, column.data_type) }}) as values_{{ loop.index }}
            {%- endfor %}
        from {{ rows }}
    ) as counted
    cross join (
        {%- for column in columns %}
        select
            {{ loop.index }} as column_number, '{{ column.name }}' as column_name, {{ column.max_null_rate }} as max_null_rate,
            {{ 'true' if column.may_be_constant else 'false' }} as may_be_constant,
            {{ 'true' if column.may_be_unknown else 'false' }} as may_be_unknown,
            {{ 'true' if column.null_by_contract else 'false' }} as null_by_contract
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as monitored_columns
) as by_column
where
    row_count >= {{ min_rows }} and date_count >= {{ min_dates }}
    and case
        when null_by_contract then known_count > 0
        else
            known_count < (1 - max_null_rate) * row_count
            or (not may_be_constant and (value_count = 1 or (value_count = 0 and not may_be_unknown)))
    end
{%- endmacro %}
