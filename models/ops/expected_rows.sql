-- One row per row that a hashed table must hold, by the schedule: two teams of each final game, and
-- each player whom the game's box score calls active. A game without any box score expects its two
-- teams' players as one row each, with no name: their number is unknown, that they are missing is not.
-- The upcoming contexts hold both teams of each scheduled game, final or not, and their rosters.
--
-- `quarantine_reason` explains a row that was held back; `has_source` is false when no raw source
-- has the game.
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

upcoming_teams as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

upcoming_players as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

unusable_roster_rows as (
    select * from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and not is_on_roster
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

final as (
    {%- for table_name in ['team_offense_game_summary', 'team_defense_game_summary'] %}
    select
        '{{ table_name }}' as table_name,
        game_date,
        game_id,
        team_abbr as entity,
        has_gamebook or has_balldontlie or has_team_box as has_source,
        cast(null as string) as quarantine_reason
    from teams_of_games
    union all
    {%- endfor %}
    select
        'player_game_summary', gamebook.game_date, gamebook.game_id, gamebook.player_lookup, true,
        gamebook.quarantine_reason
    from gamebook
    inner join (select distinct game_id from games) as final_games on gamebook.game_id = final_games.game_id
    union all
    select
        'player_game_summary', balldontlie.game_date, balldontlie.game_id, balldontlie.player_lookup, true,
        balldontlie.quarantine_reason
    from balldontlie
    inner join (select distinct game_id from games) as final_games on balldontlie.game_id = final_games.game_id
    left join games_with_gamebook on balldontlie.game_id = games_with_gamebook.game_id
    where games_with_gamebook.game_id is null
    union all
    select 'player_game_summary', game_date, game_id, team_abbr || ' players', false, cast(null as string)
    from teams_of_games
    where not has_gamebook and not has_balldontlie
    union all
    select 'upcoming_team_game_context', game_date, game_id, team_abbr, true, cast(null as string) from upcoming_teams
    union all
    select 'upcoming_player_game_context', game_date, game_id, player_lookup, true, cast(null as string)
    from upcoming_players
    union all
    select
        'upcoming_player_game_context', rows_left_out.game_date, rows_left_out.game_id, rows_left_out.player_lookup, true,
        rows_left_out.quarantine_reason
    from unusable_roster_rows as rows_left_out
    inner join upcoming_teams
        on rows_left_out.game_id = upcoming_teams.game_id and rows_left_out.team_abbr = upcoming_teams.team_abbr
    union all
    -- Before its first result of a season no team without an official roster has anybody to name.
    select
        'upcoming_player_game_context', teams.game_date, teams.game_id, teams.team_abbr || ' players', false,
        cast(null as string)
    from upcoming_teams as teams
    left join (select distinct game_id, team_abbr from upcoming_players) as named
        on teams.game_id = named.game_id and teams.team_abbr = named.team_abbr
    where named.game_id is null and teams.results_before > 0
)

select * from final
