{#-
  Findings of checks, in one form: check_name, subject, finding, found_in. And what dbt says of a test that has some: its
  own words are "Got 3 results", whichever check it was.
-#}

{#-
  Findings of checks that look at single rows, in one pass over them. `checks`: see findings_of_check(); one may ask for
  recomputed_hash by `hashed_text`. Step by step: GoogleSQL refuses a query that is nested as deeply as this would be.
-#}
{% macro findings_by_row(rows, key, checks) -%}
{%- set hashed_text = checks | selectattr('hashed_text', 'defined') | map(attribute='hashed_text') | first -%}
with texts as (
    select *{{ ', ' ~ hashed_text ~ ' as hashed_text' if hashed_text }} from {{ rows }}
),

recomputed as (
    select *{{ ', ' ~ data_hash_of('hashed_text') ~ ' as recomputed_hash' if hashed_text }} from texts
),

looked_at as (
    select
        *
        {%- for check in checks %},
        {{ check.is_wrong }} as is_wrong_{{ loop.index }}
        {%- endfor %}
    from recomputed
)

select
    case check_number
        {%- for check in checks %}
        when {{ loop.index }} then '{{ check.check_name }}'
        {%- endfor %}
    end as check_name,
    case check_number
        {%- for check in checks %}
        when {{ loop.index }} then {{ text_or_null(check.subject) }}
        {%- endfor %}
    end as subject,
    case check_number
        {%- for check in checks %}
        when {{ loop.index }} then {{ columns_as_text(check.told) }}
        {%- endfor %}
    end as finding,
    {{ columns_as_text(columns_by_name(key)) }} as found_in
from looked_at
cross join unnest([{{ range(1, checks | length + 1) | join(', ') }}]) as check_number
where
    ({% for check in checks %}is_wrong_{{ loop.index }}{{ ' or ' if not loop.last }}{% endfor %})
    and case check_number
        {%- for check in checks %}
        when {{ loop.index }} then is_wrong_{{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}

{#- Findings of a check that has a query of its own. -#}
{% macro findings_of_query(check) -%}
select
    '{{ check.check_name }}' as check_name,
    {{ check.subject_column or text_or_null(check.subject) }} as subject,
    {{ check.finding_column or columns_as_text(check.told) }} as finding,
    {{ columns_as_text(check.found_in) if check.found_in else text_or_null(none) }} as found_in
from (
    {{ check.query }}
) as found
{%- endmacro %}

{#- SQL of columns as errors quote them: `points=16, points_of_makes=15`. `columns`: label to SQL of a value. -#}
{% macro columns_as_text(columns) -%}
    {%- set pieces = [] -%}
    {%- for label, value in columns.items() -%}
        {%- do pieces.append("'" ~ (', ' if not loop.first) ~ label ~ "='") -%}
        {%- do pieces.append("coalesce(cast(" ~ value ~ " as string), 'null')") -%}
    {%- endfor -%}
    concat({{ pieces | join(', ') }})
{%- endmacro %}

{% macro columns_by_name(names) -%}
    {%- set columns = {} -%}
    {%- for name in names -%}{%- do columns.update({name: name}) -%}{%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{% macro text_or_null(text) -%}
    {{ "'" ~ text ~ "'" if text else 'cast(null as string)' }}
{%- endmacro %}

{#-
  dbt's own way to run a test. Of one that gives findings, and has some, it also says which checks found how many and the
  first of each: in the log, and as JSON in the response that dbt hands to whoever reads its results (findings_said(), and
  orchestration/found.py). The words are made here alone.
-#}
{%- materialization test, default -%}
    {%- set made = dbt.materialization_test_default() -%}
    {%- set counted = load_result('main').table -%}
    {%- if is_told_by_check(model) and (counted.rows[0][0] | int) > 0 -%}
        {%- set told = [] -%}
        {%- for row in run_query(findings_by_check(sql)).rows -%}
            {%- do told.append({
                'check': row[0] ~ (' of ' ~ row[1] if row[1]), 'failures': row[2] | int,
                'said': (row[2] | int) ~ ' found, the first: ' ~ row[3], 'first': row[3],
            }) -%}
        {%- endfor -%}
        {%- do store_raw_result(
            'main', message=tojson({'said': checks_said(told), 'checks': told}), code='FINDINGS',
            rows_affected=counted.rows[0][0] | int, agate_table=counted
        ) -%}
        {%- for of_check in told -%}
            {%- set line = model.name ~ ': ' ~ of_check.check ~ ': ' ~ of_check.said -%}
            {%- do log(line, info=true) -%}
            {%- do print(line) if flags.QUIET -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(made) }}
{%- endmaterialization -%}

{#- Whether a test's rows are findings. -#}
{% macro is_told_by_check(node) -%}
    {%- set with_findings = ['is_proven', 'complete_against_schedule', 'every_date_is_accounted_for'] -%}
    {{ return(node.test_metadata is defined and node.test_metadata.name in with_findings) }}
{%- endmacro %}

{#- Each check with the number of its findings and the first of them by place: rows have no order. -#}
{% macro findings_by_check(findings) -%}
select
    check_name,
    subject,
    count(*) as failures,
    min(case when found_in is null then finding when finding is null then found_in else concat(found_in, ': ', finding) end) as first_one
from (
    {{ findings }}
) as findings
group by check_name, subject
order by check_name, subject
{%- endmacro %}

{#- All checks that found something, on one line: names and numbers come first, since a long line may be cut. -#}
{% macro checks_said(told) -%}
    {%- if told | length == 1 -%}
        {{ return('test ' ~ told[0].check ~ ': ' ~ told[0].said) }}
    {%- endif -%}
    {%- set numbers, firsts = [], [] -%}
    {%- for of_check in told -%}
        {%- do numbers.append('test ' ~ of_check.check ~ ': ' ~ of_check.failures ~ ' found') -%}
        {%- do firsts.append(of_check.check ~ ': ' ~ of_check.first) -%}
    {%- endfor -%}
    {{ return((numbers + ['the first of each: '] ) | join('; ') ~ firsts | join('; ')) }}
{%- endmacro %}

{#- What a result of dbt says: of a test with findings each check by name, else dbt's own words. -#}
{% macro findings_said(result) -%}
    {%- set response = result.adapter_response or {} -%}
    {%- if result.node.resource_type == 'test' and response.get('code') == 'FINDINGS' -%}
        {{ return(fromjson(response['_message']).said) }}
    {%- endif -%}
    {{ return((result.message or '') | string) }}
{%- endmacro %}
