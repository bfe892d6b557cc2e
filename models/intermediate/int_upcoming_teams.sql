-- One row per scheduled game and team: what an upcoming player's context has of his team and its opponent, under the
-- names that it has there. Counts of absent teammates are the whole team's.
{{ config(materialized='ephemeral') }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

results as (
    select game_date, season_year, team_abbr, margin from {{ ref('dim_team_games') }}
    where is_result
),

team_form as (
    select * from {{ ref('int_team_form') }}
    where {{ in_window() }}
),

availability as (
    select * from {{ ref('int_team_availability') }}
    where {{ in_window() }}
),

team_absences as (
    select
        game_id,
        team_abbr,
        {{ count_where('is_star_out') }} as stars_out,
        {{ count_where('is_questionable') }} as questionable,
        {{ count_where('is_probable') }} as probable
    from {{ ref('int_player_absences') }}
    group by game_id, team_abbr
),

-- The next opponent's record on the morning of the game.
next_opponents as (
    select
        games.game_id,
        games.team_abbr,
        count(results.game_date) as next_opponent_games,
        cast({{ count_where('results.margin > 0') }} as int64) as next_opponent_wins
    from games
    left join results
        on
            games.next_opponent_team_abbr = results.team_abbr
            and games.season_year = results.season_year
            and games.game_date > results.game_date
    group by games.game_id, games.team_abbr
),

final as (
    select
        games.game_id,
        games.game_date,
        games.team_abbr,
        games.opponent_team_abbr,
        games.tipoff_local_time as game_start_time_local,
        games.is_home as home_game,
        case when games.is_home then 1 else -1 end as side,
        games.season_phase,
        games.travel_miles,
        games.time_zone_changes,
        games.consecutive_road_games,
        games.miles_in_last_14_days as miles_traveled_last_14_days,
        games.time_zones_in_last_14_days as time_zones_crossed_last_14_days,
        games.next_game_days_rest,
        games.games_in_next_7_days,
        opponents.days_rest as opponent_days_rest,
        opponents.games_in_next_7_days as opponent_games_in_next_7_days,
        opponents.next_game_days_rest as opponent_next_game_days_rest,
        games.schedule_loaded_at as source_schedule_last_updated,
        case when availability.has_report then coalesce(team_absences.stars_out, 0) end as stars_out,
        case when availability.has_grades then coalesce(team_absences.questionable, 0) end as questionable,
        case when availability.has_grades then coalesce(team_absences.probable, 0) end as probable,
        own_team.pace_tenths as own_pace_tenths,
        own_team.pace_games as own_pace_games,
        opposing_team.pace_tenths as opponent_pace_tenths,
        opposing_team.pace_games as opponent_pace_games,
        opposing_team.defensive_rating_hundredths as opponent_defensive_rating_hundredths,
        opposing_team.defensive_rating_games as opponent_defensive_rating_games,
        opposing_team.opp_ft_attempts as opponent_ft_attempts_allowed,
        opposing_team.opp_fg_attempts as opponent_fg_attempts_allowed,
        next_opponents.next_opponent_games,
        next_opponents.next_opponent_wins,
        availability.has_report,
        availability.has_grades,
        games.venue is not null as has_venue
    from games
    left join games as opponents
        on games.game_id = opponents.game_id and games.opponent_team_abbr = opponents.team_abbr
    left join team_form as own_team on games.game_id = own_team.game_id and games.team_abbr = own_team.team_abbr
    left join team_form as opposing_team
        on games.game_id = opposing_team.game_id and games.opponent_team_abbr = opposing_team.team_abbr
    left join availability on games.game_id = availability.game_id and games.team_abbr = availability.team_abbr
    left join team_absences on games.game_id = team_absences.game_id and games.team_abbr = team_absences.team_abbr
    left join next_opponents on games.game_id = next_opponents.game_id and games.team_abbr = next_opponents.team_abbr
)

select * from final
