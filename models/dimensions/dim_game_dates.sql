-- One row per date with games that count: its season, and whether precompute tables have rows of it.
--
-- A date of which the schedule has nothing but rows that cannot be used is one, too: games are played on it, and a date
-- without games it is not.
{{ config(meta={'spans_season': true}) }}

with

games as (
    select * from {{ ref('dim_games') }}
    where is_in_scope
),

seasons as (
    select season_year, min(season_start_date) as season_start_date, max(game_date) as last_date
    from games
    group by season_year
),

unusable as (
    select distinct game_date from {{ ref('base_nbac__schedule') }}
    where quarantine_reason is not null and not is_usable and not is_waiting
),

listed as (
    select game_date, season_year, season_start_date, 1 as games from games
    union all
    select unusable.game_date, seasons.season_year, seasons.season_start_date, 0
    from unusable
    inner join seasons on unusable.game_date between seasons.season_start_date and seasons.last_date
),

final as (
    select
        game_date,
        min(season_year) as season_year,
        min(season_start_date) as season_start_date,
        cast(sum(games) as int64) as games,
        {{ days_between('min(season_start_date)', 'game_date') }} as day_of_season,
        {{ days_between('min(season_start_date)', 'game_date') }} >= {{ var('precompute_bootstrap_days') }}
            as is_analysis_date
    from listed
    group by game_date
)

select * from final
