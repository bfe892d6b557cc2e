{#-
  For singular tests of macros: the rows by which `found` and `expected` differ, each way. Both are
  queries with the same columns.
-#}
{% macro differences(found, expected) -%}
with found as ({{ found }}), expected as ({{ expected }})
select 'not found' as problem, * from (select * from expected {{ "except distinct" if target.type == "bigquery" else "except" }} select * from found) as missing
union all
select 'not expected' as problem, * from (select * from found {{ "except distinct" if target.type == "bigquery" else "except" }} select * from expected) as surplus
{%- endmacro %}

{#- Literal rows as a relation: `rows` is a list of lists, `columns` their names, in order. Values are SQL. -#}
{% macro literal_rows(columns, rows) -%}
(
    {%- for row in rows %}
    select {% for name in columns %}{{ row[loop.index0] }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
) as literal_rows
{%- endmacro %}

{#- Findings of one check of single rows, on literal rows. -#}
{% macro found_on(rows, key, check_name, given={}, node=none) -%}
    {%- set checks = [] -%}
    {%- for found in findings_of_check(check_name, none, node, given) or [] -%}
        {%- do checks.append(dict(found, check_name=check_name)) -%}
    {%- endfor -%}
    {%- if checks -%}
    select subject, found_in, finding from ({{ findings_by_row(rows, key, checks) }}) as found_on_rows
    {%- endif -%}
{%- endmacro %}
