-- One row per date and player or team that the rosters leave out: whom a table of players who may play has no row of,
-- and why. A part of analytics_failures, which says so of each such table.
{{ config(materialized='ephemeral') }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

unusable as (
    select
        roster_rows.game_date as analysis_date,
        roster_rows.player_lookup as entity_id,
        'player' as entity_type,
        max(case roster_rows.quarantine_reason
            when 'unknown player' then 'REGISTRY_LOOKUP_FAILED' when 'ambiguous player' then 'REGISTRY_LOOKUP_FAILED'
            else 'UNUSABLE_ROSTER_ROW'
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
        where {{ in_window() }} and not is_held_back
        union all
        select game_date, game_id, player_lookup, 'he has a points line' from {{ ref('int_points_props') }}
        where {{ in_window() }}
    ) as seen
    left join rosters on seen.game_date = rosters.game_date and seen.player_lookup = rosters.player_lookup
    where rosters.player_lookup is null
    group by seen.game_date, seen.player_lookup
),

final as (
    select * from unusable
    union all
    select * from without_roster
    union all
    select * from unexpected
)

select * from final
