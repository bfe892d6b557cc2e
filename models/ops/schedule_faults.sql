-- One row per row of the schedule with a fault and date that misses it, and per game whose tip-off or sides the newest
-- odds contradict. A row that claims two dates is missed on both; one of a date that its season does not have is missed
-- on a date of it that nobody knows (not `is_dated`).
--
-- Of odds that commence within an hour of tip-off in 2021-23 all do so to the minute.
{{ config(**replace_window()) }}

with

faulty as (
    select * from {{ ref('base_nbac__schedule') }}
    where quarantine_reason is not null
),

odds as (
    select
        game_id, snapshot_at, home_team_abbr, commences_at, 'odds_api_game_lines' as feed
    from {{ ref('stg_odds_api__game_lines') }}
    where {{ in_window() }}
    union all
    select game_id, snapshot_at, home_team_abbr, commences_at, 'odds_api_player_points_props'
    from {{ ref('stg_odds_api__player_points_props') }}
    where {{ in_window() }}
),

compared as (
    select
        games.game_date,
        games.game_id,
        games.nba_game_id,
        games.game_status,
        odds.feed,
        {{ count_where('odds.home_team_abbr = games.home_team_abbr') }} as same_sides,
        {{ count_where('odds.home_team_abbr = games.away_team_abbr') }} as other_sides,
        min(abs({{ dbt.datediff('games.tipoff_at', 'odds.commences_at', 'minute') }})) as minutes_off
    from {{ ref('stg_nbac__schedule') }} as games
    inner join (
        select * from odds
        qualify snapshot_at = max(snapshot_at) over (partition by game_id, feed)
    ) as odds
        on games.game_id = odds.game_id
    where {{ in_window('games.game_date') }}
    group by games.game_date, games.game_id, games.nba_game_id, games.game_status, odds.feed
),

contradicted as (
    select
        *,
        case
            when minutes_off > {{ var('max_minutes_from_commence_time') }}
                then concat('tip-off is ', cast(minutes_off as string), ' minutes from the commence time of ', feed)
            when same_sides = 0 and other_sides > 0 then concat('home and away are the other way round in ', feed)
        end as reason
    from compared
),

final as (
    select
        game_date, game_id, nba_game_id, game_status, quarantine_reason as reason, source_file_path, is_waiting, is_dated
    from faulty
    where {{ in_window() }}
    union all
    select other_date, game_id, nba_game_id, game_status, quarantine_reason, source_file_path, is_waiting, true
    from faulty
    where {{ in_window('other_date') }}
    union all
    select game_date, game_id, nba_game_id, game_status, min(reason), cast(null as string), false, true
    from contradicted
    where reason is not null
    group by game_date, game_id, nba_game_id, game_status
)

select * from final
