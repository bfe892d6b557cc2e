-- The failure ledger: one row per hashed table, date and player, team or day that got no row, or one
-- whose history is incomplete, with what was expected, what is missing and whether a retry can help.
--
-- Each run of a window counts an attempt at what is still unresolved; the third opens a circuit breaker
-- of 24 hours, during which runs count no more. Whatever a run no longer finds is resolved and its
-- breaker closed. One read and one write per window, whoever fails.
--
-- Attempts are counted over runs and nothing builds them again, so --full-refresh does not drop it.
{{ config(full_refresh=false, **replace_window(partition='analysis_date')) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

incomplete as (
    select
        table_name as processor_name,
        game_date as analysis_date,
        entity as entity_id,
        case table_name when 'upcoming_team_game_context' then 'team' else 'player' end as entity_type,
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
        and not all_windows_complete
        and table_name in ('upcoming_team_game_context', 'upcoming_player_game_context')
),

unusable as (
    select
        'upcoming_player_game_context' as processor_name,
        roster_rows.game_date as analysis_date,
        roster_rows.player_lookup as entity_id,
        'player' as entity_type,
        max(case roster_rows.quarantine_reason
            when 'unknown player' then 'REGISTRY_LOOKUP_FAILED' else 'UNUSABLE_ROSTER_ROW'
        end) as failure_category,
        concat(min(roster_rows.quarantine_reason), ' (', min(roster_rows.team_abbr), ')') as failure_reason,
        'NAME_UNRESOLVED' as failure_type,
        true as is_correctable,
        1 as expected_record_count,
        0 as actual_record_count,
        min(roster_rows.game_id) as missing_game_ids,
        false as can_retry
    from {{ ref('stg_nbac__gamebook_player_stats') }} as roster_rows
    inner join games on roster_rows.game_id = games.game_id and roster_rows.team_abbr = games.team_abbr
    -- Whom another roster of the date names has his row; this one is in quarantine.
    left join rosters
        on roster_rows.game_date = rosters.game_date and roster_rows.player_lookup = rosters.player_lookup
    where
        {{ in_window('roster_rows.game_date') }}
        and not roster_rows.is_on_roster
        and roster_rows.player_lookup is not null
        and rosters.player_lookup is null
    group by roster_rows.game_date, roster_rows.player_lookup
),

without_roster as (
    select
        'upcoming_player_game_context' as processor_name,
        games.game_date as analysis_date,
        games.team_abbr as entity_id,
        'team' as entity_type,
        case when games.results_before = 0 then 'EXPECTED_INCOMPLETE' else 'MISSING_UPSTREAM' end as failure_category,
        case
            when games.results_before = 0 then 'no official roster, and no game of the season yet to take one from'
            when completeness.retry_can_help
                then 'no official roster, and player_game_summary has none of the last ten games: build the days before'
            else 'no official roster, and no source has a box score of the last ten games'
        end as failure_reason,
        'DATA_GAP' as failure_type,
        coalesce(completeness.retry_can_help, false) as is_correctable,
        cast(null as int64) as expected_record_count,
        0 as actual_record_count,
        games.game_id as missing_game_ids,
        coalesce(completeness.retry_can_help, false) as can_retry
    from games
    left join {{ ref('completeness') }} as completeness
        on
            games.game_date = completeness.game_date
            and games.team_abbr = completeness.entity
            and completeness.table_name = 'upcoming_team_game_context'
            and {{ in_window('completeness.game_date') }}
    left join rosters on games.game_id = rosters.game_id and games.team_abbr = rosters.team_abbr
    where rosters.player_lookup is null
),

-- Somebody thought that he would play, or he did, and no roster knew: a signing or a trade of the day.
unexpected as (
    select
        'upcoming_player_game_context' as processor_name,
        seen.game_date as analysis_date,
        seen.player_lookup as entity_id,
        'player' as entity_type,
        'NOT_ON_ROSTER' as failure_category,
        concat(min(seen.what), ', and neither a roster nor a recent game of the team names him') as failure_reason,
        'NAME_UNRESOLVED' as failure_type,
        true as is_correctable,
        1 as expected_record_count,
        0 as actual_record_count,
        min(seen.game_id) as missing_game_ids,
        false as can_retry
    from (
        select game_date, game_id, player_lookup, 'he played' as what from {{ ref('int_player_boxes') }}
        where {{ in_window() }} and not is_unknown_player
        union all
        select game_date, game_id, player_lookup, 'he has a points line' from {{ ref('int_points_props') }}
        where {{ in_window() }}
    ) as seen
    left join rosters on seen.game_date = rosters.game_date and seen.player_lookup = rosters.player_lookup
    where rosters.player_lookup is null
    group by seen.game_date, seen.player_lookup
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
        select 'upcoming_team_game_context' as table_name
        union all
        select 'upcoming_player_game_context' as table_name
    ) as tables
    where {{ in_window('days.game_date') }} and days.day_status = 'not_in_schedule'
),

findings as (
    select * from incomplete
    union all
    select * from unusable
    union all
    select * from without_roster
    union all
    select * from unexpected
    union all
    select * from unscheduled
),

{{ failure_ledger('findings') }}

select * from final
