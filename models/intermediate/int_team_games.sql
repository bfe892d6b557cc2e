-- One row per final game and team: the two rows of a game that every team's table expects.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_games') }}
    where {{ in_window() }} and is_final and is_in_scope
),

final as (
    select game_id, game_date, home_team_abbr as team_abbr from games
    union all
    select game_id, game_date, away_team_abbr as team_abbr from games
)

select * from final
