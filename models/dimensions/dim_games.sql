-- One row per scheduled game that counts, with its ids, teams, tip-off, and score once it is final.
-- The season starts on its first regular-season game, never on a fixed day.
{{ config(meta={'spans_season': true}) }}

with

schedule as (
    select
        *,
        min(case when game_type = 'regular_season' then game_date end) over (
            partition by season_year
        ) as season_start_date,
        max(case when game_type = 'regular_season' then game_date end) over (
            partition by season_year
        ) as regular_season_end_date
    from {{ ref('stg_nbac__schedule') }}
),

final as (
    select
        game_id,
        nba_game_id,
        game_type,
        {{ is_in_scope('game_type') }} as is_in_scope,
        season_year,
        game_date,
        season_start_date,
        regular_season_end_date,
        {{ season_phase('game_type', 'game_date', 'season_start_date', 'regular_season_end_date') }} as season_phase,
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
        is_neutral_site,
        processed_at as schedule_loaded_at
    from schedule
)

select * from final
