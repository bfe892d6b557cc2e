-- One row per row that a hashed table must hold: those of played games (expected_boxes), and of the
-- upcoming contexts both teams of each scheduled game, final or not, and their rosters.
--
-- `quarantine_reason` explains a row that was held back; `has_source` is false when nothing tells who it is.
{{ config(**replace_window()) }}

with

boxes as (
    select * from {{ ref('expected_boxes') }}
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

final as (
    select table_name, game_date, game_id, entity, has_source, quarantine_reason from boxes
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
