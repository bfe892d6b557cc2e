-- One row per final game and team that the gamebook or the injury report covers: how many of its
-- players could not play, and how many of those are regular starters.
--
-- Starts are counted over the 30 days before, as far as the gamebook named starters; starters_inactive
-- is null when it named none in that time. No relation is made of it: a correction of a game moves it on later dates, on
-- which the layer before the hashed tables is not built again.
{{ config(materialized='ephemeral') }}

with

games as (
    select * from {{ ref('int_team_games') }}
    where {{ in_window() }}
),

gamebook as (
    select * from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window(days_before=var('regular_starter_days')) }} and quarantine_reason is null
),

appearances as (
    select game_id, player_lookup from {{ ref('int_player_boxes') }}
    where {{ in_window() }}
),

reported as (
    select game_id, game_date, team_abbr, player_lookup
    from {{ ref('stg_nbac__injury_report') }}
    where {{ in_window() }} and quarantine_reason is null and injury_status = 'out'
),

absences as (
    select game_id, game_date, team_abbr, player_lookup
    from gamebook
    where player_status = 'inactive' and {{ in_window() }}
    union distinct
    select reported.game_id, reported.game_date, reported.team_abbr, reported.player_lookup
    from reported
    left join appearances
        on reported.game_id = appearances.game_id and reported.player_lookup = appearances.player_lookup
    where appearances.player_lookup is null
),

covered_games as (
    select game_id from gamebook
    where {{ in_window() }}
    union distinct
    select game_id from reported
),

starts as (
    select game_id, game_date, team_abbr, player_lookup from gamebook
    where is_starter
),

{{ regular_starters('games', 'starts') }},

final as (
    select
        games.game_id,
        games.game_date,
        games.team_abbr,
        count(absences.player_lookup) as players_inactive,
        case
            when min(games_with_starters.games_with_starters) is not null then count(regular_starters.player_lookup)
        end as starters_inactive
    from games
    inner join covered_games on games.game_id = covered_games.game_id
    left join absences on games.game_id = absences.game_id and games.team_abbr = absences.team_abbr
    left join games_with_starters
        on games.game_id = games_with_starters.game_id and games.team_abbr = games_with_starters.team_abbr
    left join regular_starters
        on
            games.game_id = regular_starters.game_id
            and games.team_abbr = regular_starters.team_abbr
            and absences.player_lookup = regular_starters.player_lookup
    group by games.game_id, games.game_date, games.team_abbr
)

select * from final
