{#-
  on-run-end of a build by dbt alone: counts the dates of models that failed, by themselves or by a test on them, in
  nba_ops.build_failures, and resolves those that were built. dbt says nothing of single dates: it is all of the
  window that have games, and none where there is no schedule yet. A run of fullcourt, which names itself in var run_id, counts its own, date by date (orchestration/state/attempts.py).
-#}
{% macro count_failed_builds(results) -%}
    {%- if is_building() and var('run_id', none) is none -%}
        {%- set failed = {} -%}
        {%- set built = [] -%}
        {%- for result in results -%}
            {%- set name = judged_model(result.node) -%}
            {%- if name and result.status in ('error', 'fail', 'runtime error') -%}
                {%- do failed.setdefault(name, findings_said(result)) -%}
            {%- elif name and result.node.resource_type == 'model' and result.status == 'success' -%}
                {%- do built.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set ledger = ops_relation('build_failures') -%}
        {%- set schedule = graph.nodes['model.' ~ project_name ~ '.dim_game_dates'] -%}
        {%- set dates = api.Relation.create(database=schedule.database, schema=schedule.schema, identifier=schedule.alias) -%}
        {%- if failed and load_relation(dates) -%}
            {%- do run_query(add_build_failures(ledger, failed, dates)) -%}
            {%- do run_query(count_build_failures(ledger, failed)) -%}
        {%- endif -%}
        {%- set mended = built | reject('in', failed) | list -%}
        {%- if mended -%}
            {%- do run_query(resolve_build_failures(ledger, mended)) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
  The model that a node's outcome is said of: itself, or the one that a test is attached to; none of others. What tests of
  models/ops find is said of other tables, by date: counting these did not fail.
-#}
{% macro judged_model(node) -%}
    {%- if node.resource_type == 'model' -%}
        {{ return(node.name) }}
    {%- endif -%}
    {%- set attached = graph.nodes.get(node.attached_node) if node.resource_type == 'test' else none -%}
    {{ return(attached.name if attached and attached.fqn[1] != 'ops' else none) }}
{%- endmacro %}

{#- A table of models/ops/_sources.yml. -#}
{% macro ops_relation(name) -%}
    {%- set node = graph.sources['source.' ~ project_name ~ '.nba_ops.' ~ name] -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier)) }}
{%- endmacro %}

{#- A row without an attempt for each date of the window with games, and model, that has none yet. -#}
{% macro add_build_failures(ledger, failed, dates) -%}
    insert into {{ ledger }} (processor_name, analysis_date, attempt_count, last_attempt_at, resolution_status)
    select names.table_name, calendar.game_date, 0, {{ timestamp_literal(run_started_at) }}, 'RESOLVED'
    from ({{ names_as_rows(failed) }}) as names
    cross join (select game_date from {{ dates }} where {{ in_window() }}) as calendar
    left join (select * from {{ ledger }} where {{ in_window('analysis_date') }}) as there
        on names.table_name = there.processor_name and calendar.game_date = there.analysis_date
    where there.processor_name is null
{%- endmacro %}

{#- A build by dbt alone knows no inputs of a date: they are taken for the same. -#}
{% macro count_build_failures(ledger, failed) -%}
    {%- set now = timestamp_literal(run_started_at) -%}
    {%- set is_same = "resolution_status = 'UNRESOLVED'" -%}
    {%- set is_held = 'coalesce(circuit_breaker_until > ' ~ now ~ ', false)' -%}
    {%- set is_counted = "coalesce(run_id = '" ~ invocation_id ~ "', false)" -%}
    {%- set until = timestamp_literal(run_started_at + modules.datetime.timedelta(hours=var('breaker_hours'))) -%}
    {%- set attempts = attempts_with(is_same, is_held, is_counted, 'attempt_count') -%}
    update {{ ledger }} set
        failure_reason = case processor_name
            {%- for name, said in failed.items() %}
            when '{{ name }}' then {{ text_literal(said) }}
            {%- endfor %}
        end,
        inputs = case when {{ is_same }} then inputs end,
        first_attempt_at = case when {{ is_same }} then first_attempt_at else {{ now }} end,
        attempt_count = {{ attempts }},
        {%- for name, value in {
            'circuit_breaker_until': 'case when ' ~ attempts ~ ' >= ' ~ var('breaker_attempts') ~ ' then ' ~ until ~ ' end',
            'last_attempt_at': now, 'run_id': "'" ~ invocation_id ~ "'",
        }.items() %}
        {{ name }} = case
            when {{ is_attempt(is_same, is_held, is_counted) }} then {{ value }} else {{ name }}
        end,
        {%- endfor %}
        resolution_status = 'UNRESOLVED',
        resolved_at = null
    where processor_name in ({{ quoted_names(failed) }}) and {{ in_window('analysis_date') }}
{%- endmacro %}

{% macro resolve_build_failures(ledger, built) -%}
    update {{ ledger }} set
        resolution_status = 'RESOLVED',
        resolved_at = {{ timestamp_literal(run_started_at) }},
        circuit_breaker_until = null,
        run_id = '{{ invocation_id }}'
    where
        processor_name in ({{ quoted_names(built) }})
        and {{ in_window('analysis_date') }}
        and resolution_status = 'UNRESOLVED'
{%- endmacro %}

{% macro quoted_names(names) -%}
    '{{ names | join("', '") }}'
{%- endmacro %}

{#- A message as one line of a text literal, on either engine: BigQuery reads a backslash as an escape. -#}
{% macro text_literal(text) -%}
    '{{ dbt.escape_single_quotes((text | replace('\\', '/')).split() | join(' ') | truncate(1000, true)) }}'
{%- endmacro %}
