-- One row per date with games that count: its season, and whether precompute tables have rows of it.
{{ config(meta={'spans_season': true}) }}

with

final as (
    select
        game_date,
        min(season_year) as season_year,
        min(season_start_date) as season_start_date,
        count(*) as games,
        {{ days_between('min(season_start_date)', 'game_date') }} as day_of_season,
        {{ days_between('min(season_start_date)', 'game_date') }} >= {{ var('precompute_bootstrap_days') }}
            as is_analysis_date
    from {{ ref('dim_games') }}
    where is_in_scope
    group by game_date
)

select * from final
