{#- Whether somebody looked at a line of completeness_exceptions, and said why the rows will not come. -#}
{% macro line_is_reviewed(lines) -%}
    coalesce(trim({{ lines }}.reason), '') <> '' and coalesce(trim({{ lines }}.reviewed_by), '') <> ''
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


{#-
  CTE body of the rows that lines of completeness_exceptions without an entity excuse, by number: per table and date of
  the rows or dates given, and per reason for which these are held back; '' where a line is about any reason.
-#}
{% macro lines_by_number(dates) -%}
    select
        lines.table_name,
        dates.game_date,
        coalesce(lines.quarantine_reason, '') as quarantine_reason,
        cast(sum(lines.row_count) as int64) as row_count
    from (select distinct game_date from {{ dates }}) as dates
    inner join {{ ref('completeness_exceptions') }} as lines
        on dates.game_date between lines.first_date and lines.last_date
    where lines.entity is null and lines.row_count >= 0 and {{ line_is_reviewed('lines') }}
    group by lines.table_name, dates.game_date, coalesce(lines.quarantine_reason, '')
{%- endmacro %}

{#- CTE body: per table and date, how many rows that lack, and that no line names, lines for their own reason excuse. -#}
{% macro excused_by_their_reason(lacking, lines) -%}
    select held.table_name, held.game_date, cast(sum(least(held.row_count, lines.row_count)) as int64) as row_count
    from (
        select table_name, game_date, quarantine_reason, count(*) as row_count
        from {{ lacking }}
        where quarantine_reason is not null
        group by table_name, game_date, quarantine_reason
    ) as held
    inner join {{ lines }} as lines
        on
            held.table_name = lines.table_name
            and held.game_date = lines.game_date
            and held.quarantine_reason = lines.quarantine_reason
    group by held.table_name, held.game_date
{%- endmacro %}

{#-
  CTE body: tables and dates of which lines excuse by number whatever lacks and no line names. One row more than they
  count, and none of it is excused.
-#}
{% macro dates_excused_by_number(lacking, lines) -%}
    select lacking.table_name, lacking.game_date
    from (select table_name, game_date, count(*) as row_count from {{ lacking }} group by table_name, game_date) as lacking
    left join ({{ excused_by_their_reason(lacking, lines) }}) as as_such
        on lacking.table_name = as_such.table_name and lacking.game_date = as_such.game_date
    left join {{ lines }} as any_reason
        on
            lacking.table_name = any_reason.table_name
            and lacking.game_date = any_reason.game_date
            and any_reason.quarantine_reason = ''
    where lacking.row_count <= coalesce(as_such.row_count, 0) + coalesce(any_reason.row_count, 0)
{%- endmacro %}
