-- The failure ledger: one row per hashed table, date and player, team or day that got no row, or one
-- whose history is incomplete, with what was expected, what is missing and whether a retry can help.
--
-- Each run that meets what is still unresolved, with inputs that did not change, counts one attempt; the third opens a
-- circuit breaker of 24 hours, during which runs count no more. Inputs that change close it, and count from 1. Whatever
-- a run no longer finds is resolved and its breaker closed. One read and one write per window, whoever fails.
--
-- Attempts are counted over runs and nothing builds them again, so --full-refresh does not drop it.
{{ config(full_refresh=false, **replace_window(partition='analysis_date')) }}

with

incomplete as (
    select
        table_name as processor_name,
        game_date as analysis_date,
        entity as entity_id,
        case
            when table_name in ('{{ tables_of(['teams_to_play']) | join("', '") }}') then 'team' else 'player'
        end as entity_type,
        'INCOMPLETE_UPSTREAM' as failure_category,
        concat(
            'the last 30 days hold ', cast(l30d_actual as string), ' of ', cast(l30d_expected as string),
            ' games, the last ten games ', cast(l10_actual as string), ' of ', cast(l10_expected as string)
        ) as failure_reason,
        'DATA_GAP' as failure_type,
        retry_can_help as is_correctable,
        l30d_expected as expected_record_count,
        l30d_actual as actual_record_count,
        missing_game_ids,
        retry_can_help as can_retry
    from {{ ref('completeness') }}
    where
        {{ in_window() }}
        -- Whoever lacks the form of his team or its opponent alone waits for the team, which has a failure of its own.
        and not own_windows_complete
        and not is_schedule_old
        and table_name in (
            select tables.table_name
            from (
                {{ names_as_rows(tables_of(['teams_to_play', 'players_who_may_play'], after_bootstrap=false)) }}
            ) as tables
        )
),

without_row as (
    select tables.table_name as processor_name, gaps.*
    from {{ ref('roster_gaps') }} as gaps
    cross join ({{ names_as_rows(tables_of(['players_who_may_play'], after_bootstrap=false)) }}) as tables
),

unscheduled as (
    select
        table_name as processor_name,
        days.game_date as analysis_date,
        'DATE_LEVEL' as entity_id,
        'date' as entity_type,
        'MISSING_SCHEDULE' as failure_category,
        concat(
            'the schedule has no game on the day, and the box-score feeds have ',
            cast(days.rows_without_game as string), ' rows of it'
        ) as failure_reason,
        'DATA_GAP' as failure_type,
        true as is_correctable,
        cast(null as int64) as expected_record_count,
        0 as actual_record_count,
        cast(null as string) as missing_game_ids,
        false as can_retry
    from {{ ref('schedule_days') }} as days
    cross join (
        {{ names_as_rows(tables_of(['teams_to_play', 'players_who_may_play'], after_bootstrap=false)) }}
    ) as tables
    where {{ in_window('days.game_date') }} and days.day_status = 'not_in_schedule'
),

findings as (
    select * from incomplete
    union all
    select * from without_row
    union all
    select * from unscheduled
),

{{ failure_ledger('findings', games='missing_game_ids') }}

select * from final
