-- One row per row that the tables of played games must hold, by the schedule: two teams of each final
-- game, and each player whom the game's box score calls active. A game without any box score expects its
-- two teams' players as one row each, with no name: their number is unknown, that they are missing is not.
--
-- `quarantine_reason` explains a row that was held back; `has_source` is false when no raw source
-- has the game. Raw rows alone decide: nothing here waits for a hashed table.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('int_team_games') }}
    where {{ in_window() }}
),

sources as (
    select * from {{ ref('int_game_sources') }}
    where {{ in_window() }}
),

gamebook as (
    select game_id, game_date, player_lookup, quarantine_reason
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and player_status = 'active' and points is not null
),

balldontlie as (
    select game_id, game_date, player_lookup, quarantine_reason
    from {{ ref('stg_bdl__player_boxscores') }}
    where {{ in_window() }}
),

games_with_gamebook as (
    select distinct game_id from gamebook
),

games_with_balldontlie as (
    select distinct game_id from balldontlie
),

teams_of_games as (
    select
        games.*,
        games_with_gamebook.game_id is not null as has_gamebook,
        games_with_balldontlie.game_id is not null as has_balldontlie,
        coalesce(sources.team_box_rows, 0) > 0 as has_team_box
    from games
    left join sources on games.game_id = sources.game_id
    left join games_with_gamebook on games.game_id = games_with_gamebook.game_id
    left join games_with_balldontlie on games.game_id = games_with_balldontlie.game_id
),

players_of_games as (
    select gamebook.game_date, gamebook.game_id, gamebook.player_lookup as entity, true as has_source, gamebook.quarantine_reason
    from gamebook
    inner join (select distinct game_id from games) as final_games on gamebook.game_id = final_games.game_id
    union all
    select balldontlie.game_date, balldontlie.game_id, balldontlie.player_lookup, true, balldontlie.quarantine_reason
    from balldontlie
    inner join (select distinct game_id from games) as final_games on balldontlie.game_id = final_games.game_id
    left join games_with_gamebook on balldontlie.game_id = games_with_gamebook.game_id
    where games_with_gamebook.game_id is null
    union all
    select game_date, game_id, team_abbr || ' players', false, cast(null as string)
    from teams_of_games
    where not has_gamebook and not has_balldontlie
),

final as (
    select
        tables.table_name,
        teams_of_games.game_date,
        teams_of_games.game_id,
        teams_of_games.team_abbr as entity,
        teams_of_games.has_gamebook or teams_of_games.has_balldontlie or teams_of_games.has_team_box as has_source,
        cast(null as string) as quarantine_reason
    from teams_of_games
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    union all
    select
        tables.table_name,
        players_of_games.game_date,
        players_of_games.game_id,
        players_of_games.entity,
        players_of_games.has_source,
        players_of_games.quarantine_reason
    from players_of_games
    cross join ({{ names_as_rows(tables_of(['players_who_played'])) }}) as tables
)

select * from final
