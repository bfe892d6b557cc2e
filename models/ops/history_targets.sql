-- One row per table that looks back, date, and player or team that it looks back on: whose history has to be complete.
-- Whom a table has rows of, and that it looks back, says its contract (rows and history).
{{ config(materialized='ephemeral') }}

{%- set declared = declared_rows() %}

with

tables as (
    {%- for table_name in tables_with_history() %}
    select
        '{{ table_name }}' as table_name,
        '{{ declared[table_name].of }}' as population,
        {{ 'true' if declared[table_name].after_bootstrap else 'false' }} as after_bootstrap
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

-- Those of the season are analysed on every date, whether they play on it or not: a player from the day after his
-- first game on.
entities as (
    select 'players_who_may_play' as population, game_date, season_year, player_lookup as entity
    from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
    union all
    select 'teams_to_play', game_date, season_year, team_abbr
    from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
    union all
    select 'players_of_the_season', dates.game_date, dates.season_year, seen.entity
    from dates
    inner join (
        select season_year, entity, min(known_since) as first_date from {{ ref('history_games') }}
        where entity_type = 'player' and known_until = date '9999-12-31'
        group by season_year, entity
    ) as seen
        on dates.season_year = seen.season_year and dates.game_date > seen.first_date
    union all
    select 'teams_of_the_season', dates.game_date, dates.season_year, teams_of_season.team_abbr
    from dates
    inner join (
        select distinct season_year, team_abbr from {{ ref('dim_team_games') }}
        where is_in_scope
    ) as teams_of_season
        on dates.season_year = teams_of_season.season_year
),

final as (
    select tables.table_name, entities.game_date, entities.season_year, entities.entity
    from entities
    inner join tables on entities.population = tables.population
    left join dates on entities.game_date = dates.game_date
    where not tables.after_bootstrap or dates.game_date is not null
)

select * from final
