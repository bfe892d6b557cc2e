{#- The windows over which a history is held to be complete: name, and which games lie in it. -#}
{% macro completeness_windows() -%}
    {{ return({
        'l5': 'games_ago <= 5', 'l10': 'games_ago <= 10',
        'l7d': 'days_ago <= 7', 'l14d': 'days_ago <= 14', 'l30d': 'days_ago <= 30',
    }) }}
{%- endmacro %}

{#- Whether a window of the counts has its share. Where nothing is expected nothing is missing. -#}
{% macro is_window_complete(name) -%}
    100 * counted.{{ name }}_actual >= {{ var('production_ready_pct') }} * counted.{{ name }}_expected
{%- endmacro %}

{#- CTEs `completeness` and `failures`: what the run says of the rows of a context. -#}
{% macro readiness(table_name, entity_type) -%}
completeness as (
    select * from {{ ref('completeness') }}
    where {{ in_window() }} and table_name = '{{ table_name }}'
),

failures as (
    select * from {{ ref('analytics_failures') }}
    where
        {{ in_window('analysis_date') }}
        and processor_name = '{{ table_name }}'
        and entity_type = '{{ entity_type }}'
        and resolution_status = 'UNRESOLVED'
)
{%- endmacro %}

{#- The run's own columns of a context, from the CTEs of readiness(), over its main window. None is hashed. -#}
{% macro readiness_columns(main_window, windows) -%}
    completeness.{{ main_window }}_expected as expected_games_count,
        completeness.{{ main_window }}_actual as actual_games_count,
        completeness.{{ main_window }}_completeness_pct as completeness_percentage,
        completeness.{{ main_window }}_expected - completeness.{{ main_window }}_actual as missing_games_count,
        completeness.all_windows_complete or completeness.backfill_bootstrap_mode as is_production_ready,
        failures.last_attempt_at as last_reprocess_attempt_at,
        coalesce(failures.attempt_count, 0) as reprocess_attempt_count,
        coalesce(failures.circuit_breaker_tripped, false) as circuit_breaker_active,
        failures.circuit_breaker_until,
        coalesce(not failures.can_retry, false) as manual_override_required,
        completeness.season_boundary_detected,
        completeness.backfill_bootstrap_mode,
        case
            when completeness.all_windows_complete then 'complete'
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
