-- One row per scheduled game, team and player whom the newest injury report before tip-off or the roster speaks of:
-- whether his team lacks a star in him, or may lack him.
--
-- A star averages 18 points, 28 minutes, or a quarter of his team's plays in at least 15 minutes, over his
-- last ten games. Without the 15 minutes a few seconds on court make stars.
{{ config(materialized='ephemeral') }}

with

availability as (
    select * from {{ ref('int_player_availability') }}
    where {{ in_window() }}
),

form as (
    select * from {{ ref('int_player_form') }}
    where {{ in_window() }}
),

final as (
    select
        availability.game_id,
        availability.team_abbr,
        availability.player_lookup,
        (availability.is_out or availability.is_doubtful) and (
            form.points_10 >= 18 * form.points_10_games
            or form.seconds_10 >= 28 * 60 * form.seconds_10_games
            or (form.usage_10 >= 2500 * form.usage_10_games and form.seconds_10 >= 15 * 60 * form.seconds_10_games)
        ) as is_star_out,
        availability.is_questionable or availability.is_doubtful as is_questionable,
        availability.is_probable
    from availability
    left join form
        on
            availability.game_date = form.game_date
            and availability.player_lookup = form.player_lookup
            and form.games_played > 0
)

select * from final
