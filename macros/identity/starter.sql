{#-
  CTEs of who starts for a team: `games_with_starters`, per game of `games` in how many of the team's games
  of the days before somebody is known to have started, and `regular_starters`, who started more than half
  of them. `starts` holds one row per game, team and starter, from as far back as the days count.
-#}
{% macro regular_starters(games, starts) -%}
    {%- set days = var('regular_starter_days') -%}
starts_before as (
    select
        {{ games }}.game_id, {{ games }}.team_abbr, {{ starts }}.player_lookup, {{ starts }}.game_id as started_game_id
    from {{ games }}
    inner join {{ starts }}
        on
            {{ games }}.team_abbr = {{ starts }}.team_abbr
            and {{ starts }}.game_date between {{ days_before(games ~ '.game_date', days) }}
            and {{ days_before(games ~ '.game_date', 1) }}
),

games_with_starters as (
    select game_id, team_abbr, count(distinct started_game_id) as games_with_starters
    from starts_before
    group by game_id, team_abbr
),

regular_starters as (
    select starts_before.game_id, starts_before.team_abbr, starts_before.player_lookup
    from starts_before
    inner join games_with_starters
        on starts_before.game_id = games_with_starters.game_id and starts_before.team_abbr = games_with_starters.team_abbr
    group by
        starts_before.game_id, starts_before.team_abbr, starts_before.player_lookup,
        games_with_starters.games_with_starters
    having 2 * count(distinct starts_before.started_game_id) > games_with_starters.games_with_starters
)
{%- endmacro %}
