{#-
  In place of dbt's own, which recommends a full refresh without a word on its window.
-#}
{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
    {%- if on_schema_change != 'fail' -%}
        {{ return(dbt.default__process_schema_changes(on_schema_change, source_relation, target_relation)) }}
    {%- endif -%}
    {%- set found = check_for_schema_changes(source_relation, target_relation) -%}
    {%- if found.schema_changed -%}
        {%- set changes = [] -%}
        {%- for column in found.source_not_in_target -%}
            {%- do changes.append('the column ' ~ column.name ~ ' is new') -%}
        {%- endfor -%}
        {%- for column in found.target_not_in_source -%}
            {%- do changes.append('the column ' ~ column.name ~ ' is gone') -%}
        {%- endfor -%}
        {%- for change in found.new_target_types -%}
            {%- do changes.append('the column ' ~ change.column_name ~ ' is now ' ~ change.new_type) -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ " no longer has the columns of " ~ target_relation ~ ": " ~ changes | join(', ')
            ~ ". Nothing of it was changed. Make it anew over all dates that it holds: dbt run --full-refresh --select "
            ~ model.name ~ " with a window over them; a shorter window is refused, and the refusal names the dates."
        ) }}
    {%- endif -%}
    {{ return(found.source_columns) }}
{%- endmacro %}
