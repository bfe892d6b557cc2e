{#-
  In place of dbt's own, which recommends a full refresh without a word on its window.
-#}
{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
    {%- if on_schema_change != 'fail' -%}
        {{ return(dbt.default__process_schema_changes(on_schema_change, source_relation, target_relation)) }}
    {%- endif -%}
    {%- set source_columns, target_columns = columns_of_both(source_relation, target_relation) -%}
    {%- set changes = [] -%}
    {%- for column in diff_columns(source_columns, target_columns) -%}
        {%- do changes.append('the column ' ~ column.name ~ ' is new') -%}
    {%- endfor -%}
    {%- for column in diff_columns(target_columns, source_columns) -%}
        {%- do changes.append('the column ' ~ column.name ~ ' is gone') -%}
    {%- endfor -%}
    {%- for change in diff_column_data_types(source_columns, target_columns) -%}
        {%- do changes.append('the column ' ~ change.column_name ~ ' is now ' ~ change.new_type) -%}
    {%- endfor -%}
    {%- if changes -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ " no longer has the columns of " ~ target_relation ~ ": " ~ changes | join(', ')
            ~ ". Nothing of it was changed. Make it anew over all dates that it holds: dbt run --full-refresh --select "
            ~ model.name ~ " with a window over them; a shorter window is refused, and the refusal names the dates."
        ) }}
    {%- endif -%}
    {{ return(source_columns) }}
{%- endmacro %}

{#- Columns of two relations, as two lists. -#}
{% macro columns_of_both(one, other) -%}
    {{ return(adapter.dispatch('columns_of_both')(one, other)) }}
{%- endmacro %}

{% macro default__columns_of_both(one, other) -%}
    {{ return((adapter.get_columns_in_relation(one), adapter.get_columns_in_relation(other))) }}
{%- endmacro %}

{#- dbt sets up all macros anew for each relation that it describes, which takes longer than a day's rows of most models. -#}
{% macro duckdb__columns_of_both(one, other) -%}
    {%- set found = run_query(
        'select 1 as relation, column_name, column_type from (describe ' ~ one ~ ') union all select 2, column_name, column_type'
        ~ ' from (describe ' ~ other ~ ')'
    ) -%}
    {%- set columns = {1: [], 2: []} -%}
    {%- for row in found.rows -%}
        {%- do columns[row.relation | int].append(api.Column.create(row.column_name, row.column_type)) -%}
    {%- endfor -%}
    {{ return((columns[1], columns[2])) }}
{%- endmacro %}
