-- One row per game that the league scheduled, of every kind: what ids are resolved against.
-- Read whole, without a window: a feed's row may name a game of any date.
{{ config(materialized='table') }}

with

schedule as (
    select * from {{ raw_rows('nba_raw', 'nbac_schedule', where="game_date >= date '1900-01-01'") }} as raw_rows
    qualify {{ newest_first('nba_raw', 'nbac_schedule', ['game_id']) }}
),

final as (
    select
        {{ canonical_game_id('game_date', 'away_team_tricode', 'home_team_tricode') }} as game_id,
        game_id as nba_game_id,
        {{ game_type('game_id') }} as game_type,
        season_year,
        game_date,
        coalesce(game_datetime_utc, {{ eastern_to_utc('game_date_est') }}) as tipoff_at,
        case game_status when 1 then 'scheduled' when 2 then 'live' when 3 then 'final' end as game_status,
        home_team_tricode as home_team_abbr,
        away_team_tricode as away_team_abbr,
        home_team_score as home_points,
        away_team_score as away_points,
        arena_name,
        arena_city,
        arena_state,
        arena_timezone,
        neutral_site_flag as is_neutral_site,
        source_file_path,
        processed_at
    from schedule
)

select * from final
