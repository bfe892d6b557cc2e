{#- The windows over which a history is held to be complete: name, and which games lie in it. A contract's `history` names its own. -#}
{% macro completeness_windows() -%}
    {{ return({
        'l5': 'games_ago <= 5', 'l10': 'games_ago <= 10', 'l15': 'games_ago <= 15', 'l20': 'games_ago <= 20',
        'l7d': 'days_ago <= 7', 'l14d': 'days_ago <= 14', 'l30d': 'days_ago <= 30', 'season': 'true',
    }) }}
{%- endmacro %}

{#- Whether a window of the counts has its share. Where nothing is expected nothing is missing. -#}
{% macro is_window_complete(name, counted='counted') -%}
    100 * {{ counted }}.{{ name }}_actual >= {{ var('production_ready_pct') }} * {{ counted }}.{{ name }}_expected
{%- endmacro %}

{#- Whether each window that a table of CTE `kinds` reads is complete. -#}
{% macro own_windows_are_complete() -%}
    {%- for name in completeness_windows() -%}
    (not kinds.reads_{{ name }} or {{ is_window_complete(name) }}){{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Windows over which some table wants the histories of both teams of the game to be complete. -#}
{% macro windows_of_teams() -%}
    {%- set wanted = [] -%}
    {%- for declared in declared_rows().values() -%}
        {%- do wanted.extend(declared.history_of_teams) -%}
    {%- endfor -%}
    {{ return(completeness_windows() | select('in', wanted) | list) }}
{%- endmacro %}

{#- Whether each window of teams that a table of CTE `kinds` reads is complete, of CTE `sums_of_teams`. Teams without a game before lack none. -#}
{% macro teams_are_complete() -%}
    {%- for name in windows_of_teams() -%}
    (not kinds.reads_{{ name }}_of_teams or coalesce(sums_of_teams.{{ name }}_of_teams_is_complete, true))
    {{- ' and ' if not loop.last }}
    {%- else -%}
    true
    {%- endfor -%}
{%- endmacro %}

{#- CTE `completeness`: the rows of one table's histories. -#}
{% macro completeness_of(table_name) -%}
completeness as (
    select * from {{ ref('completeness') }}
    where {{ in_window() }} and table_name = '{{ table_name }}'
)
{%- endmacro %}

{#- CTEs `completeness` and `failures`: what the run says of the rows of a context. -#}
{% macro readiness(table_name, entity_type) -%}
{{ completeness_of(table_name) }},

failures as (
    select * from {{ ref('analytics_failures') }}
    where
        {{ in_window('analysis_date') }}
        and processor_name = '{{ table_name }}'
        and entity_type = '{{ entity_type }}'
        and resolution_status = 'UNRESOLVED'
)
{%- endmacro %}

{#-
  Whether a history is complete enough to be used: every window of its table, or the season's first days; and never
  where the schedule does not know games that it would look over.
-#}
{% macro is_history_ready() -%}
    (completeness.all_windows_complete or (completeness.backfill_bootstrap_mode and not completeness.is_schedule_old))
{%- endmacro %}

{#- What CTE `completeness` says of every row that looks back, over the main window of the table whose histories it holds. -#}
{% macro history_columns(table_name) -%}
    {%- set window = main_window(table_name) -%}
    completeness.{{ window }}_expected as expected_games_count,
        completeness.{{ window }}_actual as actual_games_count,
        completeness.{{ window }}_completeness_pct as completeness_percentage,
        completeness.{{ window }}_expected - completeness.{{ window }}_actual as missing_games_count,
        completeness.season_boundary_detected,
        completeness.backfill_bootstrap_mode
{%- endmacro %}

{#- The run's own columns of a context, from the CTEs of readiness(); `windows` have columns. None is hashed. -#}
{% macro readiness_columns(table_name, windows) -%}
    {{ history_columns(table_name) }},
        {{ is_history_ready() }} as is_production_ready,
        failures.last_attempt_at as last_reprocess_attempt_at,
        coalesce(failures.attempt_count, 0) as reprocess_attempt_count,
        coalesce(failures.circuit_breaker_tripped, false) as circuit_breaker_active,
        failures.circuit_breaker_until,
        coalesce(not failures.can_retry, false) as manual_override_required,
        case
            when completeness.all_windows_complete then 'complete'
            when completeness.is_schedule_old then 'schedule_is_old'
            when completeness.backfill_bootstrap_mode then 'incomplete_in_bootstrap'
            when failures.circuit_breaker_tripped then 'incomplete_breaker_open'
            else 'incomplete_upstream'
        end as processing_decision_reason,
        {%- for window in windows %}
        completeness.{{ window }}_completeness_pct,
        completeness.{{ window }}_is_complete,
        {%- endfor %}
        completeness.all_windows_complete
{%- endmacro %}

{#-
  The run's own columns of a precompute row, from CTE `completeness`, which holds the histories of `table_name`. A row is
  only made when nothing about it failed, so there are no attempts and no breaker to speak of: failures are
  in precompute_failures, where they belong to entities without a row.
-#}
{% macro precompute_run_columns(table_name) -%}
    {{ history_columns(table_name) }},
        false as early_season_flag,
        cast(null as string) as insufficient_data_reason,
        cast(null as {{ engine_type('TIMESTAMP') }}) as last_reprocess_attempt_at,
        0 as reprocess_attempt_count,
        false as circuit_breaker_active,
        cast(null as {{ engine_type('TIMESTAMP') }}) as circuit_breaker_until,
        false as manual_override_required,
        'processed_successfully' as processing_decision_reason
{%- endmacro %}

{#- Columns that say which row of an upstream table a row was made from; none where it has no such row. -#}
{% macro upstream_row_columns(prefix, upstream) -%}
    {{ upstream }}.processed_at as source_{{ prefix }}_last_updated,
        case when {{ upstream }}.data_hash is null then 0 else 1 end as source_{{ prefix }}_rows_found,
        coalesce(cast({{ upstream }}.completeness_percentage as numeric), 0) as source_{{ prefix }}_completeness_pct,
        {{ upstream }}.data_hash as source_{{ prefix }}_hash
{%- endmacro %}

{#- '1 row' or '5 rows', of a count. -#}
{% macro counted_rows(count) -%}
    concat(cast({{ count }} as string), case when {{ count }} = 1 then ' row' else ' rows' end)
{%- endmacro %}
