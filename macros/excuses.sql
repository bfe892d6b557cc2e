{#-
  Whether a line of completeness_exceptions names a row that lacks: whom, and as what it is held back. A line without an
  entity names nobody, and a row without a name (`?`) is nobody's in particular: such lines excuse by number.
-#}
{% macro line_names_row(lines, rows) -%}
    {{ lines }}.table_name = {{ rows }}.table_name
        and {{ lines }}.entity = {{ rows }}.entity
        and {{ lines }}.entity <> '?'
        and coalesce({{ lines }}.quarantine_reason, '') = coalesce({{ rows }}.quarantine_reason, '')
        and {{ rows }}.game_date between {{ lines }}.first_date and {{ lines }}.last_date
{%- endmacro %}
