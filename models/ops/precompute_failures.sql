-- The failure ledger of the precompute tables: one row per table, date and player or team without a row,
-- with its outcome; one per date of the bootstrap; and one per blocked date, with what holds it up.
-- Whose row waits for one of another table that is to be there and is not, is named like who lacks a game.
--
-- Attempts and breakers are those of analytics_failures. What is expected is no failed attempt: too few
-- games and the bootstrap open no breaker.
--
-- Attempts are counted over runs and nothing builds them again, so --full-refresh does not drop it.
{{ config(full_refresh=false, **replace_window(partition='analysis_date')) }}

with

entities as (
    select *, outcome in ('UPSTREAM_INCOMPLETE', 'INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA') as is_gap
    from {{ ref('precompute_entities') }}
    where {{ in_window() }} and outcome is not null
),

outcomes as (
    select
        table_name as processor_name,
        game_date as analysis_date,
        entity as entity_id,
        outcome as failure_category,
        outcome_reason as failure_reason,
        is_gap and retry_can_help as can_retry,
        case when is_gap then 'DATA_GAP' else 'TOO_FEW_GAMES' end as failure_type,
        is_gap and retry_can_help as is_correctable,
        expected_game_count,
        actual_game_count,
        missing_game_ids as missing_game_dates,
        is_gap as raw_data_checked
    from entities
    union all
    select
        table_name, game_date, entity, 'UPSTREAM_INCOMPLETE', reason, true, 'DATA_GAP', true, cast(null as int64),
        cast(null as int64), cast(null as string), false
    from {{ ref('blocked_entities') }}
    where {{ in_window() }}
),

-- Whole days: those of the bootstrap, and those that are blocked.
days as (
    select
        tables.table_name as processor_name,
        dates.game_date as analysis_date,
        'EXPECTED_INCOMPLETE' as failure_category,
        concat('day ', cast(dates.day_of_season + 1 as string), ' of the season, which has no rows yet') as failure_reason,
        'BOOTSTRAP' as failure_type,
        false as building_can_help
    from {{ ref('dim_game_dates') }} as dates
    cross join ({{ names_as_rows(tables_after_bootstrap()) }}) as tables
    where {{ in_window('dates.game_date') }} and not dates.is_analysis_date
    union all
    select table_name, game_date, 'MISSING_UPSTREAM', reason, 'DATA_GAP', true
    from {{ ref('blocked_dates') }}
    where {{ in_window() }}
),

findings as (
    select * from outcomes
    union all
    select
        processor_name,
        analysis_date,
        'DATE_LEVEL' as entity_id,
        failure_category,
        failure_reason,
        building_can_help as can_retry,
        failure_type,
        building_can_help as is_correctable,
        cast(null as int64) as expected_game_count,
        cast(null as int64) as actual_game_count,
        cast(null as string) as missing_game_dates,
        false as raw_data_checked
    from days
),

{{ failure_ledger('findings', games='missing_game_dates', opens_breaker="failure_type = 'DATA_GAP'") }}

select * from final
