-- One row per date and opponent against whom history is not whole: games of theirs in earlier seasons that the schedule
-- knows have no rows, so that what the feature store looks back on is that of a part of it.
{{ config(materialized='ephemeral') }}

{%- set opponent_history_days = window_size('ml_feature_store_v2', 'opponent_history_days') %}

with

-- Whoever played against a team has it as his opponent: one of a game's teams may be built, and the other lost.
built as (
    select distinct game_id, opponent_team_abbr
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_window(days_before=opponent_history_days) }} and {{ took_part('boxes') }}
),

schedule as (
    select * from {{ ref('dim_games') }}
    where is_final and is_in_scope
),

games as (
    select season_year, game_date, game_id, away_team_abbr as team_abbr, home_team_abbr as opponent_team_abbr from schedule
    union all
    select season_year, game_date, game_id, home_team_abbr, away_team_abbr from schedule
),

lacking as (
    select
        games.*, 'player_game_summary' as table_name, {{ expected_as('games.team_abbr', 'players') }} as entity,
        cast(null as string) as quarantine_reason
    from games
    left join built on games.game_id = built.game_id and games.opponent_team_abbr = built.opponent_team_abbr
    where built.game_id is null
),

-- But of a team whose players completeness_exceptions calls lost.
opponents as (
    select distinct lacking.season_year, lacking.game_date, lacking.opponent_team_abbr
    from lacking
    left join {{ ref('completeness_exceptions') }} as exceptions on {{ line_names_row('exceptions', 'lacking') }}
    where exceptions.entity is null
),

final as (
    select distinct dates.game_date, opponents.opponent_team_abbr
    from {{ ref('dim_game_dates') }} as dates
    inner join opponents
        on
            dates.season_year > opponents.season_year
            and opponents.game_date >= {{ days_before('dates.game_date', opponent_history_days) }}
    where {{ in_window('dates.game_date') }}
)

select * from final
