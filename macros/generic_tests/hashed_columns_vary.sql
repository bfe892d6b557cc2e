{#-
  Finds each hashed column that is null too often, or holds one value only, or holds a value
  although its contract says that no source fills it. The platform stored back_to_back = FALSE in
  128,141 rows, and minutes null in 99 %, without anybody noticing.

  A few dates say little: everybody is rested after the all-star break, and feeds that stop with the regular
  season leave nulls after it. So it looks at dates of the regular season, with the month before the window.

  From the column's meta: `max_null_rate` (else 0.02), `constant` and `constant_in_window` (may hold
  one value: always, or in a window shorter than most of a season), `null_by_contract`. Fewer than
  `min_rows` rows or `min_dates` dates are too few to tell and pass. A column may be null throughout where the optional
  input that it `needs` is nowhere. A row of which all columns that need the same input are null lacks that input, and
  counts for none of them: a day without play-by-play is no fault of the days around it.

  The report says what this check says: it runs its SQL over the report's range.
-#}
{% macro check_hashed_columns_vary(model, node, min_rows=400, min_dates=14, max_null_rate=0.02) -%}
    {%- if node -%}
        {%- set rows = monitored_rows(model, relation_of('dim_games')) -%}
        {{ return([{
            'query': suspicious_columns(
                rows, monitored_columns(node, max_null_rate), min_rows, node.config.meta.partition_by, min_dates
            ),
            'subject_column': 'column_name',
            'finding_column': 'finding',
            'found_in': columns_by_name(['row_count', 'null_count', 'least_value']),
        }]) }}
    {%- endif -%}
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
            'needs': needs,
            'data_type': node.columns[name].data_type,
            'max_null_rate': 1.0 if meta.get('null_by_contract') or is_absent else meta.get('max_null_rate', max_null_rate),
            'may_be_constant': meta.get('constant') or (meta.get('constant_in_window') and not is_most_of_a_season),
            'may_be_unknown': is_absent or meta.get('max_null_rate') == 1.0,
            'null_by_contract': meta.get('null_by_contract', false),
        }) -%}
    {%- endfor -%}
    {{ return(monitored) }}
{%- endmacro %}

{#- One row per column that is suspicious, of one pass over the rows: least and greatest value tell a constant as well as
    counting values does, for less. -#}
{% macro suspicious_columns(rows, columns, min_rows, date_column=none, min_dates=0) -%}
select column_name, finding, row_count, row_count - known_count as null_count, least_value
from (
    select
        column_name,
        row_count,
        case column_name
            {%- for column in columns %}
            when '{{ column.name }}' then known_{{ loop.index }}
            {%- endfor %}
        end as known_count,
        case column_name
            {%- for column in columns %}
            when '{{ column.name }}' then cast(least_{{ loop.index }} as string)
            {%- endfor %}
        end as least_value,
        case column_name
            {%- for column in columns %}
            when '{{ column.name }}' then {{ finding_of_column(column, loop.index) }}
            {%- endfor %}
        end as finding
    from (
        select
            count(*) as row_count,
            {{ 'count(distinct ' ~ date_column ~ ')' if date_column else 0 }} as date_count
            {%- for column in columns %},
            {{ rows_to_fill(column, columns) }} as rows_{{ loop.index }},
            count({{ column.name }}) as known_{{ loop.index }},
            min({{ comparable(column.name, column.data_type) }}) as least_{{ loop.index }},
            max({{ comparable(column.name, column.data_type) }}) as greatest_{{ loop.index }}
            {%- endfor %}
        from {{ rows }}
    ) as counted
    cross join unnest(['{{ columns | map(attribute='name') | join("', '") }}']) as column_name
    where row_count >= {{ min_rows }} and date_count >= {{ min_dates }}
) as by_column
where finding is not null
{%- endmacro %}

{#- Rows that have the input that a column needs. -#}
{% macro rows_to_fill(column, columns) -%}
    {%- if column.needs -%}
    count(case when {% for other in columns if other.needs == column.needs -%}
        {{ other.name }} is not null{{ ' or ' if not loop.last }}
        {%- endfor %} then 1 end)
    {%- else -%}
    count(*)
    {%- endif -%}
{%- endmacro %}

{#- What is wrong with a column, by its counts; null where nothing is. -#}
{% macro finding_of_column(column, number) -%}
    case
        {%- if column.null_by_contract %}
        when known_{{ number }} > 0 then 'filled, and its contract says that no source fills it'
        {%- else %}
        when known_{{ number }} < (1 - {{ column.max_null_rate }}) * rows_{{ number }}
            {%- if column.needs and not column.may_be_unknown %} or rows_{{ number }} = 0{% endif %} then 'null too often'
        {%- if not column.may_be_constant %}
        when least_{{ number }} = greatest_{{ number }}{{ ' or known_' ~ number ~ ' = 0' if not column.may_be_unknown }} then 'one value only'
        {%- endif %}
        {%- endif %}
    end
{%- endmacro %}
