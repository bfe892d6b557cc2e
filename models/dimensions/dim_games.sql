-- One row per scheduled game that counts, with its ids, teams, tip-off, and score once it is final.
-- The season starts on its first regular-season game, never on a fixed day.
with

schedule as (
    select * from {{ ref('stg_nbac__schedule') }}
),

final as (
    select
        game_id,
        nba_game_id,
        game_type,
        {{ is_in_scope('game_type') }} as is_in_scope,
        season_year,
        game_date,
        min(case when game_type = 'regular_season' then game_date end) over (
            partition by season_year
        ) as season_start_date,
        tipoff_at,
        game_status = 'final' as is_final,
        home_team_abbr,
        away_team_abbr,
        case when game_status = 'final' then home_points end as home_points,
        case when game_status = 'final' then away_points end as away_points,
        arena_name,
        arena_city,
        arena_state,
        arena_timezone,
        is_neutral_site
    from schedule
)

select * from final
