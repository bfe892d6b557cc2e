-- The failure ledger of the precompute tables: one row per table, date and player or team without a row,
-- with its outcome, and one per blocked date, with what holds it up.
--
-- Attempts and breakers are those of analytics_failures. Too few games are no failed attempt: such an
-- outcome opens no breaker, and goes when there are enough.
{{ config(**replace_window(partition='analysis_date')) }}

with

outcomes as (
    select
        table_name as processor_name,
        game_date as analysis_date,
        entity as entity_id,
        outcome as failure_category,
        outcome_reason as failure_reason,
        outcome in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA') and retry_can_help as can_retry,
        case when outcome in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA') then 'DATA_GAP' else 'TOO_FEW_GAMES' end as failure_type,
        outcome in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA') and retry_can_help as is_correctable,
        expected_game_count,
        actual_game_count,
        missing_game_ids as missing_game_dates,
        outcome in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA') as raw_data_checked
    from {{ ref('precompute_entities') }}
    where {{ in_window() }} and outcome is not null
),

held_up as (
    select
        table_name as processor_name,
        game_date as analysis_date,
        'DATE_LEVEL' as entity_id,
        'MISSING_UPSTREAM' as failure_category,
        reason as failure_reason,
        true as can_retry,
        'DATA_GAP' as failure_type,
        true as is_correctable,
        cast(null as int64) as expected_game_count,
        cast(null as int64) as actual_game_count,
        cast(null as string) as missing_game_dates,
        false as raw_data_checked
    from {{ ref('blocked_dates') }}
    where {{ in_window() }}
),

findings as (
    select * from outcomes
    union all
    select * from held_up
),

{{ failure_ledger('findings', opens_breaker="failure_type = 'DATA_GAP'") }}

select * from final
