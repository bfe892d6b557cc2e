{#- Whether somebody looked at a line of completeness_exceptions, and said why the rows will not come. -#}
{% macro line_is_reviewed(lines) -%}
    coalesce({{ lines }}.reason, '') <> '' and coalesce({{ lines }}.reviewed_by, '') <> ''
{%- endmacro %}

{#-
  Whether a line of completeness_exceptions is about rows that lack as this one does: of its table and date, held back for
  the same reason, or without a source as it is. A line that names neither whom nor a reason is about any row.
-#}
{% macro line_is_about_row(lines, rows) -%}
    {{ lines }}.table_name = {{ rows }}.table_name
        and {{ rows }}.game_date between {{ lines }}.first_date and {{ lines }}.last_date
        and (
            coalesce({{ lines }}.quarantine_reason, '') = coalesce({{ rows }}.quarantine_reason, '')
            or ({{ lines }}.entity is null and {{ lines }}.quarantine_reason is null)
        )
        and {{ line_is_reviewed(lines) }}
{%- endmacro %}

{#-
  Whether a line of completeness_exceptions names a row that lacks: whom, and as what it is held back. A line without an
  entity names nobody, and a row without a name (`?`) is nobody's in particular: such lines excuse by number.
-#}
{% macro line_names_row(lines, rows) -%}
    {{ line_is_about_row(lines, rows) }}
        and {{ lines }}.entity = {{ rows }}.entity
        and {{ lines }}.entity <> '?'
{%- endmacro %}
